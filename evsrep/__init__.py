"""evsrep: the command line for EVS replication."""

__version__ = "0.1.0"
