//! The door of onhand: one port for WebSocket, HTTP, metrics and pages. Holds no stock.
