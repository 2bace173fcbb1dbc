"""Fakes of the services that providers talk to. They answer on loopback and keep their own book."""
