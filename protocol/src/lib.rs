//! The messages of onhand on the wire, their limits, and the client everyone shares.
