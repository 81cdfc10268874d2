"""What the end-to-end tests share: the daemon as a process, Kafka's wire as data, the clients as drivers.

Nothing in here knows how millrace is built inside; everything is seen from a socket, a signal or a log line.
"""
