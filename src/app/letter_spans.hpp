#pragma once
// What is told in a trace of dead letters: a span `dead-letter` for each that is written, and `redrive` for each that a
// job brings back, linked to the span that has made the event. Any thread.
//
// They are kept when the event was made in a trace that is, otherwise by the share of traces that begin here.

#include "millrace/redrive/jobs.hpp"
#include "millrace/redrive/letters.hpp"
#include "millrace/tracing/tracer.hpp"

namespace millrace::app {

void tell_letter(tracing::Tracer& tracer, const redrive::NewLetter& written);
void tell_redrive(tracing::Tracer& tracer, const redrive::SentLetter& sent);

}  // namespace millrace::app
