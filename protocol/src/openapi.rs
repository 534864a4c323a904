//! The OpenAPI 3.1 document, made from the route table and the types.

use crate::message::read::{
    EventPage, ItemPage, KeyList, KeyMessage, LevelPage, LocationList, ReservationMessage, TokenMessage, TotalsList,
};
use crate::message::{
    Approval, BasketList, CreateKey, CustomerSales, ErrorBody, ItemInput, ItemScanned, LayawayList, LevelMessage,
    MetricsHistory, MetricsMessage, PaymentPage, PeopleList, PriceBookList, PromotionPage, Quote, Quoted, ReportPage,
    SignIn, SignedIn, TaxGaps, Z, each_schema, each_success_schema,
};
use crate::routes::{Access, Input, Output, ROUTES, Route, is_command};
use crate::schema::{generator, success};
use schemars::JsonSchema;
use serde_json::{Map, Value, json};

/// The document for a server of this version.
#[must_use]
pub fn document(version: &str) -> Value {
    let mut paths = Map::new();
    for route in ROUTES {
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.method.to_ascii_lowercase()] = operation(route);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "onhand",
            "version": version,
            "description": "One live count of every item. docs/PROTOCOL.md has the WebSocket, ids and retries.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" }
        },
        "servers": [{ "url": "/" }],
        "security": [{ "key": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "securitySchemes": {
                "key": { "type": "http", "scheme": "bearer", "description": "An API key: ohk_..." },
                "token": { "type": "http", "scheme": "bearer", "description": "A shopper's token: oht_..." }
            }
        }
    })
}

fn operation(route: &Route) -> Value {
    let mut operation = json!({
        "operationId": operation_id(route),
        "summary": route.summary,
        "security": security(route.access),
        "parameters": parameters(route),
        "responses": responses(route),
    });
    let body = match route.input {
        Input::Nothing => return operation,
        Input::Command(op) => op,
        Input::Json(schema) => schema,
    };
    operation["requestBody"] =
        json!({ "required": true, "content": { "application/json": { "schema": reference(body) } } });
    operation
}

fn operation_id(route: &Route) -> String {
    let words: Vec<&str> = route.path.split(['/', '{', '}', '.']).filter(|word| !matches!(*word, "" | "v1")).collect();
    format!("{}_{}", route.method.to_ascii_lowercase(), words.join("_"))
}

fn security(access: Access) -> Value {
    match access {
        Access::Anyone => json!([]),
        Access::KeyOrToken => json!([{ "key": [] }, { "token": [] }]),
        Access::Key | Access::Admin => json!([{ "key": [] }]),
    }
}

fn parameters(route: &Route) -> Value {
    let in_path = route
        .path
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(name, _)| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }));
    let in_query = route.query.iter().map(|query| {
        let kind = if query.is_number { "integer" } else { "string" };
        json!({ "name": query.name, "in": "query", "description": query.meaning, "schema": { "type": kind } })
    });
    let key = matches!(route.input, Input::Command(_)).then(|| {
        json!({
            "name": "Idempotency-Key",
            "in": "header",
            "required": true,
            "description": "A UUID minted at the user's intent. A repeat with the same one gets the first answer.",
            "schema": { "type": "string", "format": "uuid" }
        })
    });
    let person = matches!(route.input, Input::Command(op) if is_command(op)).then(|| {
        json!({
            "name": "Onhand-User",
            "in": "header",
            "description": "The token of the person signed in, from POST /v1/sign_in.",
            "schema": { "type": "string" }
        })
    });
    in_path.chain(in_query).chain(key).chain(person).collect()
}

fn responses(route: &Route) -> Value {
    let good = match route.output {
        Output::Success(word) => content(&reference(word)),
        Output::Json(schema) => content(&reference(schema)),
        Output::Stream(schema) => json!({
            "description": "Goes on until the client leaves, the key is revoked or the server stops.",
            "content": {
                "application/x-ndjson": { "schema": reference(schema) },
                "text/event-stream": { "schema": { "type": "string" } }
            }
        }),
        Output::AnyJson => content(&json!({ "type": "object" })),
        Output::Csv => json!({
            "description": "A table with a heading.",
            "content": { "text/csv": { "schema": { "type": "string" } } }
        }),
        Output::Upgrade => json!({ "description": "Switching to WebSocket." }),
    };
    let status = if matches!(route.output, Output::Upgrade) { "101" } else { "200" };
    json!({
        status: good,
        "default": {
            "description": "An error, with its number.",
            "content": { "application/problem+json": { "schema": reference("Problem") } }
        }
    })
}

fn content(schema: &Value) -> Value {
    json!({ "description": "Done.", "content": { "application/json": { "schema": schema } } })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn schemas() -> Value {
    let mut generator = generator("/components/schemas");
    fn named<T: JsonSchema>(generator: &mut schemars::SchemaGenerator) {
        generator.subschema_for::<T>();
    }
    for add in [
        named::<CreateKey>,
        named::<ItemInput>,
        named::<ItemScanned>,
        named::<LevelMessage>,
        named::<BasketList>,
        named::<LayawayList>,
        named::<LevelPage>,
        named::<ItemPage>,
        named::<LocationList>,
        named::<TotalsList>,
        named::<ReservationMessage>,
        named::<EventPage>,
        named::<KeyList>,
        named::<KeyMessage>,
        named::<PeopleList>,
        named::<PaymentPage>,
        named::<Approval>,
        named::<SignIn>,
        named::<SignedIn>,
        named::<TokenMessage>,
        named::<MetricsMessage>,
        named::<MetricsHistory>,
        named::<Z>,
        named::<Quote>,
        named::<Quoted>,
        named::<TaxGaps>,
        named::<PriceBookList>,
        named::<PromotionPage>,
        named::<ReportPage>,
        named::<CustomerSales>,
    ] {
        add(&mut generator);
    }
    let mut all = Vec::new();
    each_schema(&mut generator, |op, schema| {
        let mut schema = schema.to_value();
        if is_command(op) {
            schema["properties"]["approval"] = reference("Approval");
        }
        all.push((op, schema));
    });
    each_success_schema(&mut generator, |ok, schema| all.push((ok, success(ok, schema))));
    let error = ErrorBody::json_schema(&mut generator).to_value();
    let mut schemas = generator.take_definitions(true);
    // Ops and successes of routes only: hello, get and the like are of the WebSocket.
    for (name, schema) in all {
        let used = ROUTES.iter().any(|route| {
            matches!(route.input, Input::Command(op) if op == name)
                || matches!(route.output, Output::Success(ok) if ok == name)
        });
        if used {
            schemas.insert(name.to_owned(), schema);
        }
    }
    schemas.insert("Problem".to_owned(), problem(error));
    Value::Object(schemas)
}

/// An error as RFC 9457 has it: `message` is `detail` there, `help` is `type`.
fn problem(mut error: Value) -> Value {
    if let Some(properties) = error["properties"].as_object_mut() {
        properties.remove("message");
        properties.remove("help");
        properties.insert("type".to_owned(), json!({ "type": "string", "description": "The page about it." }));
        properties.insert("title".to_owned(), json!({ "type": "string" }));
        properties.insert("status".to_owned(), json!({ "type": "integer" }));
        properties.insert("detail".to_owned(), json!({ "type": "string" }));
    }
    error["required"] = json!(["type", "title", "status", "detail", "number", "name"]);
    error
}
