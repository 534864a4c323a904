//! JSON Schema of every message, made from the types.

use crate::message::{Approval, ErrorBody, Levels, Metrics, Payments, Prices, each_schema, each_success_schema};
use crate::routes::is_command;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

/// The schema files: name and content. They stand in `docs/schema`.
#[must_use]
pub fn files() -> Vec<(&'static str, Value)> {
    vec![("request.json", requests()), ("reply.json", replies()), ("push.json", pushes())]
}

fn requests() -> Value {
    let mut generator = generator("/$defs");
    let mut all = Vec::new();
    let approval = generator.subschema_for::<Approval>().to_value();
    each_schema(&mut generator, |op, schema| all.push((op, request(op, schema, &approval))));
    one_of("Request", "What a client sends: one of these, or an array of them.", all, generator)
}

fn replies() -> Value {
    let mut generator = generator("/$defs");
    let mut all = Vec::new();
    each_success_schema(&mut generator, |ok, schema| all.push((ok, success(ok, schema))));
    let error = generator.subschema_for::<ErrorBody>();
    let failed = json!({
        "type": "object",
        "properties": { "id": { "type": ["string", "null"], "format": "uuid" }, "error": error },
        "required": ["id", "error"]
    });
    all.push(("error", failed));
    one_of("Reply", "What the server answers. Ignore fields that you do not know.", all, generator)
}

fn pushes() -> Value {
    let mut generator = generator("/$defs");
    let all = vec![
        ("levels", Levels::json_schema(&mut generator).to_value()),
        ("metrics", Metrics::json_schema(&mut generator).to_value()),
        ("prices", Prices::json_schema(&mut generator).to_value()),
        ("payments", Payments::json_schema(&mut generator).to_value()),
    ];
    one_of("Push", "What the server sends unasked to those who subscribed.", all, generator)
}

/// The schema of a request: its body with `op` and `id`, and for commands with an approval.
fn request(op: &str, body: Schema, approval: &Value) -> Value {
    let mut value = with_head(body, "op", op, &json!({ "type": "string", "format": "uuid" }));
    if is_command(op) {
        value["properties"]["approval"] = approval.clone();
    }
    value
}

/// The schema of a success: its fields with `id` and `ok`.
pub(crate) fn success(ok: &str, fields: Schema) -> Value {
    with_head(fields, "ok", ok, &json!({ "type": "string", "format": "uuid" }))
}

fn with_head(schema: Schema, tag: &str, name: &str, id: &Value) -> Value {
    let mut value = schema.to_value();
    let Some(object) = value.as_object_mut() else { return value };
    object.insert("title".to_owned(), name.into());
    let properties = object.entry("properties").or_insert_with(|| Value::Object(Map::new()));
    properties[tag] = json!({ "const": name });
    properties["id"] = id.clone();
    let required = object.entry("required").or_insert_with(|| json!([]));
    if let Some(required) = required.as_array_mut() {
        required.splice(0..0, [tag.into(), "id".into()]);
    }
    value
}

fn one_of(title: &str, description: &str, all: Vec<(&str, Value)>, mut generator: SchemaGenerator) -> Value {
    let references: Vec<Value> = all.iter().map(|(name, _)| json!({ "$ref": format!("#/$defs/{name}") })).collect();
    let mut definitions = generator.take_definitions(true);
    definitions.extend(all.into_iter().map(|(name, schema)| (name.to_owned(), schema)));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "description": description,
        "oneOf": references,
        "$defs": definitions
    })
}

pub(crate) fn generator(definitions: &'static str) -> SchemaGenerator {
    SchemaSettings::draft2020_12().with(|settings| settings.definitions_path = definitions.into()).into_generator()
}
