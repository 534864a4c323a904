//! Traffic from outside: recorded days replayed, believable traders for the demo.
