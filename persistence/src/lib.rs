//! The log of onhand and its backends: format, segments, snapshots, recovery, verification, backup.
