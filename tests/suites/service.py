"""Stands for a module that kafka-python's tests import and its archive lacks: a broker that somebody else has started."""


class ExternalService:
    def __init__(self, host, port):
        self.host, self.port = host, port

    def open(self):
        pass

    def close(self):
        pass

    def stop(self):
        pass


SpawnedService = None  # not with a broker of somebody else
