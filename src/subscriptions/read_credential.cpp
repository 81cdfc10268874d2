#include "millrace/core/rfc3339.hpp"
#include "reader.hpp"

namespace millrace::subscriptions {

void Reader::credential(Members& members) {
  auto credential = object(members, "sinkcredential", "SUB-12");
  if (!credential || !has_protocol_) return;
  if (out_.protocol != Protocol::http) {
    members.add("sinkcredential", "SUB-12", "is for protocol HTTP only");
    return;
  }
  const auto type = credential->text("credentialtype", "SUB-12", limits::type_bytes_max);
  if (type == "PLAIN") {
    plain(*credential);
  } else if (type == "ACCESSTOKEN") {
    token(*credential);
  } else if (type == "REFRESHTOKEN") {
    credential->add("credentialtype", "SUB-12",
                    "is REFRESHTOKEN, but this version asks nobody for tokens; PLAIN and ACCESSTOKEN are taken");
    return;
  } else {
    credential->add("credentialtype", "SUB-12", "must be PLAIN or ACCESSTOKEN, in capitals");
    return;
  }
  credential->refuse_others("SUB-12");
}

void Reader::plain(Members& credential) {
  PlainCredential said{credential.unjudged("identifier"), credential.unjudged("secret")};
  const auto* const before = kept<PlainCredential>();
  if (credential.find("secret") == nullptr && before != nullptr && before->identifier == said.identifier)
    said.secret = before->secret;
  judge(said, findings_);
  out_.credential = std::move(said);
}

void Reader::token(Members& credential) {
  AccessToken said{.token = credential.unjudged("accesstoken")};
  const auto* const before = kept<AccessToken>();
  if (credential.find("accesstoken") == nullptr && before != nullptr) said.token = before->token;
  judge(said, findings_);
  if (const auto expires = credential.text("accesstokenexpiresutc", "SUB-12", limits::type_bytes_max)) {
    said.expires = parse_rfc3339(*expires);
    if (!said.expires || *said.expires < 0)
      credential.add("accesstokenexpiresutc", "SUB-12", "must be a time as RFC 3339 has it, from 1970");
  }
  if (const auto type = credential.text("accesstokentype", "SUB-12", limits::type_bytes_max);
      type && lower(*type) != "bearer") {
    credential.add("accesstokentype", "SUB-12", "is " + in_quotes(*type) + ", but must be bearer");
  }
  out_.credential = std::move(said);
}

}  // namespace millrace::subscriptions
