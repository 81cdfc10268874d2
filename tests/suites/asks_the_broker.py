"""A plugin for kafka-python's tests: its clients ask the broker which versions it serves, as they do everywhere else.

The fixtures tell them instead that these are the versions of some release of Kafka.
"""

from test.integration import fixtures

_plain = fixtures.KafkaFixture._enrich_client_params


def _ask(self, params, **defaults):
    found = _plain(self, params, **defaults)
    found.pop("api_version", None)
    return found


fixtures.KafkaFixture._enrich_client_params = _ask
