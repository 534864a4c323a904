//! Errors on the wire: a number, its name, a sentence, and the data that belongs to it.

use super::word::Capability;
use crate::value::{Currency, Id, Label, LocationCode, OrderName, Quantity, Sku, UserCode};
use onhand_engine::card_number;
use onhand_engine::refusal::{NUMBERS, name_of};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};
use std::borrow::Cow;

/// Why a request was not done. Nothing was changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[error("{number} {name}: {message}")]
pub struct ErrorBody {
    /// The number people look up. Never reused.
    pub number: u16,
    /// Its short name.
    pub name: Cow<'static, str>,
    /// What happened, in a sentence.
    #[serde(serialize_with = "masked")]
    pub message: String,
    /// The page about it on the same server.
    pub help: String,
    /// The field that is wrong, such as `lines[2].qty`.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "masked_field")]
    pub field: Option<String>,
    /// Where that is in the body that was sent: the line of the text, from 1. Only for bodies that are whole files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<u32>,
    /// The column in that line, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// The line of the sale that is wrong, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<Sku>,
    /// The location.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<LocationCode>,
    /// How much is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub short_by: Option<Quantity>,
    /// How much this asker could have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub available: Option<Quantity>,
    /// The reservation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reservation: Option<Id>,
    /// The order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderName>,
    /// The currency the location trades in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<Currency>,
    /// The currency the request named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<Currency>,
    /// What is due, in minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<i64>,
    /// What the tenders add up to, in minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tendered: Option<i64>,
    /// What is on the account, in minor units or points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balance: Option<i64>,
    /// What is missing on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<i64>,
    /// The tax class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<Label>,
    /// What the person signed in, or the approver, lacks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capability: Option<Capability>,
    /// The user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserCode>,
    /// The role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Label>,
    /// The most there may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u64>,
    /// When to try again, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_ms: Option<u64>,
    /// The till.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub till: Option<u16>,
    /// The till session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<u32>,
    /// The payment that is not decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<Id>,
}

impl ErrorBody {
    /// An error without data.
    #[must_use]
    pub fn new(number: u16, message: impl Into<String>) -> Self {
        Self {
            number,
            name: Cow::Borrowed(name_of(number)),
            message: message.into(),
            help: format!("/errors/{number}"),
            ..Self::default()
        }
    }

    /// With the field it is about.
    #[must_use]
    pub fn at(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// With the place in a file where the field is that it is about.
    #[must_use]
    pub fn placed(mut self, file: &[u8]) -> Self {
        if let Some(field) = &self.field {
            let (row, column) = crate::place::find(file, field);
            (self.row, self.column) = (Some(row), Some(column));
        }
        self
    }

    /// Reads a problem document, whether or not it also has the names of the WebSocket.
    #[must_use]
    pub fn from_problem(bytes: &[u8]) -> Option<Self> {
        let mut problem: serde_json::Value = serde_json::from_slice(bytes).ok()?;
        let fields = problem.as_object_mut()?;
        for (ours, theirs) in [("message", "detail"), ("help", "type")] {
            if let Some(value) = fields.remove(theirs) {
                fields.insert(ours.to_owned(), value);
            }
        }
        serde_json::from_value(problem).ok()
    }

    /// Whether the same request, sent again later with the same id, can succeed without a person.
    #[must_use]
    pub fn is_worth_retrying(&self) -> bool {
        matches!(self.number, 2012 | 3034 | 5001..=5006 | 5011..=5013)
    }

    /// The same as RFC 9457 `application/problem+json`.
    #[must_use]
    pub fn problem(&self) -> serde_json::Value {
        let mut problem = serde_json::to_value(self).unwrap_or_default();
        if let Some(fields) = problem.as_object_mut() {
            fields.remove("message");
            fields.remove("help");
            fields.insert("type".to_owned(), self.help.as_str().into());
            fields.insert("title".to_owned(), title_of(self.number).into());
            fields.insert("status".to_owned(), self.status().into());
            fields.insert("detail".to_owned(), card_number::mask(&self.message).into());
        }
        problem
    }

    /// The HTTP status that goes with the number.
    #[must_use]
    pub const fn status(&self) -> u16 {
        status_of(self.number)
    }
}

/// What a client is told may quote what it sent: never a card number.
fn masked<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&card_number::mask(text))
}

#[expect(clippy::ref_option, reason = "serde passes the field by reference")]
fn masked_field<S: Serializer>(field: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    field.as_deref().map(card_number::mask).serialize(serializer)
}

/// The HTTP status that goes with a number.
#[must_use]
pub const fn status_of(number: u16) -> u16 {
    match number {
        1003 | 1004 | 1015 | 2002 | 2003 | 2009 | 2020 | 2024 | 3030 | 3093 | 4007 | 4015 | 4016 => 404,
        1006 => 413,
        1008
        | 1054
        | 2001
        | 2004..=2008
        | 2010..=2012
        | 2021..=2023
        | 2025
        | 2030..=2038
        | 3010
        | 3011
        | 3033
        | 3034
        | 3090
        | 3091
        | 3094
        | 3097
        | 3098
        | 4017 => 409,
        1001..=1999 | 4020 => 400,
        3100 => 403,
        3001..=3999 => 422,
        4001..=4003 | 4006 | 4010 | 4018 | 4021 => 401,
        4004 | 4005 | 4011..=4014 => 403,
        4019 | 5006 | 5007 | 5012 => 429,
        5001 | 5003 | 5004 | 5011 => 503,
        5002 => 507,
        5013 => 504,
        _ => 500,
    }
}

/// What a number means, in a few words that do not change with the case at hand.
fn title_of(number: u16) -> &'static str {
    NUMBERS.iter().find(|(known, _, _)| *known == number).map_or("Error", |(_, _, title)| title)
}
