//! Card payments by Stripe's API with the real programs: a server, the driver for Stripe, and an emulator whose
//! own books say what became of the money. T31.

use crate::harness::{Data, Server, onhand, run, text};
use crate::localstripe::{Fault, SECRET, Stripe, emulator, installed};
use crate::paying::{self, Driver, for_drivers, is};
use crate::wire::{Socket, block_on, id, ok};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::{Value, json};
use std::ops::Deref;

const AMOUNT: i64 = 1_210;
const GOOD: &str = "pm_card_visa";
const DECLINED: &str = "pm_card_chargeCustomerFail";

/// A shop, and the emulator of Stripe.
struct Shop {
    shop: paying::Shop,
    stripe: Stripe,
}

impl Deref for Shop {
    type Target = paying::Shop;

    fn deref(&self) -> &paying::Shop {
        &self.shop
    }
}

impl Shop {
    /// None where there is no emulator.
    fn new() -> Option<Self> {
        let (stripe, shop) = (Stripe::start(installed()?), paying::Shop::new());
        std::fs::write(shop.data.beside("secret"), format!("{SECRET}\n")).unwrap();
        Some(Self { shop, stripe })
    }

    /// Everything that it logs goes to a file.
    fn drive(&self, server: &Server) -> Driver {
        self.drive_with(server, &self.stripe.url(), "10000", None)
    }

    fn drive_with(&self, server: &Server, api: &str, answer_ms: &str, authorities: Option<&str>) -> Driver {
        let server = for_drivers(server);
        let secret = self.data.beside("secret");
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.data.beside("log")).unwrap();
        let words = ["stripe", "--server", &server, "--key", &self.driver, "--api", api, "--secret-file", &secret];
        let mut command = onhand(&words);
        command.args(["--answer-ms", answer_ms]).env("RUST_LOG", "trace");
        if let Some(authorities) = authorities {
            command.env("SSL_CERT_FILE", authorities);
        }
        Driver(command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap())
    }

    /// Approved by a good card, and sold with; what it is called there.
    async fn sold(&self, till: &mut Socket) -> String {
        let (payment, sale_id) = (id(), id());
        ok(&till.call(&start(&payment, &sale_id, Some(GOOD), 60)).await, "payment_started");
        till.payment(&payment, is("approved")).await;
        ok(&till.call(&sale(&sale_id, &payment)).await, "recorded");
        payment
    }

    fn end(self, server: Server, driver: Driver) {
        drop(driver);
        assert!(server.terminate().success());
        self.data.verify();
        let log = std::fs::read_to_string(self.data.beside("log")).unwrap();
        assert!(!log.contains(SECRET), "the secret is in what the driver logs");
    }
}

fn start(payment: &str, sale: &str, token: Option<&str>, timeout_s: u64) -> Value {
    let mut start = paying::start("stripe", payment, sale, AMOUNT, timeout_s);
    if let Some(token) = token {
        start["token"] = json!(token);
    }
    start
}

fn sale(sale: &str, payment: &str) -> Value {
    paying::sale(sale, AMOUNT, payment)
}

fn refund(refund: &str, payment: &str, amount: i64) -> Value {
    json!({
        "op": "refund_payment", "id": refund, "location": "S1", "payment": payment, "currency": "EUR",
        "amount": amount,
    })
}

/// Everything that was to be given back is.
fn gave_back(amount: i64) -> impl FnMut(&Value) -> bool {
    move |payment| payment["refunded"] == amount && payment["task"].is_null()
}

#[test]
fn t31_a_payment_is_approved_captured_and_given_back_in_parts_at_stripe() {
    let Some(shop) = Shop::new() else { return };
    let server = shop.serve();
    let driver = shop.drive(&server);
    block_on(async {
        let mut till = shop.till(&server).await;
        let (payment, sale_id) = (id(), id());
        ok(&till.call(&start(&payment, &sale_id, Some(GOOD), 60)).await, "payment_started");
        let sent = till.payment(&payment, is("sent")).await;
        let approved = till.payment(&payment, is("approved")).await;
        assert_eq!((&approved["card"]["brand"], &approved["card"]["last4"]), (&json!("visa"), &json!("4242")));
        // Its name was known before anything was charged.
        assert_eq!(approved["transaction"], sent["transaction"]);
        let intent = shop.stripe.intent(&payment).await;
        assert_eq!(approved["transaction"], intent["id"]);
        assert_eq!((&intent["status"], &intent["currency"]), (&json!("requires_capture"), &json!("eur")));
        assert_eq!((&intent["metadata"]["sale"], &intent["metadata"]["location"]), (&json!(sale_id), &json!("S1")));

        ok(&till.call(&sale(&sale_id, &payment)).await, "recorded");
        till.payment(&payment, is("captured")).await;
        for (amount, sum) in [(300, 300), (10, 310)] {
            ok(&till.call(&refund(&id(), &payment, amount)).await, "payment_noted");
            till.payment(&payment, gave_back(sum)).await;
        }
        let charges = shop.stripe.list("charges").await;
        assert_eq!(charges.len(), 1);
        let charge = &charges[0];
        assert_eq!((&charge["amount"], &charge["captured"]), (&json!(AMOUNT), &json!(true)));
        assert_eq!(charge["amount_refunded"], 310);

        // The customer leaves: what was approved is let go.
        let given_up = id();
        ok(&till.call(&start(&given_up, &id(), Some(GOOD), 60)).await, "payment_started");
        till.payment(&given_up, is("approved")).await;
        let give_up = json!({"op": "give_up_payment", "id": id(), "location": "S1", "payment": given_up});
        ok(&till.call(&give_up).await, "payment_noted");
        till.payment(&given_up, is("voided")).await;
        assert_eq!(shop.stripe.intent(&given_up).await["status"], "canceled");
    });
    shop.end(server, driver);
}

#[test]
fn t31_a_card_that_stripe_declines_moves_no_money_and_another_one_pays() {
    let Some(shop) = Shop::new() else { return };
    let server = shop.serve();
    let driver = shop.drive(&server);
    block_on(async {
        let mut till = shop.till(&server).await;
        let sale_id = id();
        let refused = [
            (Some(DECLINED), "card_declined"),
            (Some("pm_nobodys"), "Not Found"),
            (None, "no token of a card was given"),
        ];
        for (token, reason) in refused {
            let payment = id();
            ok(&till.call(&start(&payment, &sale_id, token, 60)).await, "payment_started");
            assert_eq!(till.payment(&payment, is("declined")).await["reason"], reason);
        }
        let payment = id();
        ok(&till.call(&start(&payment, &sale_id, Some(GOOD), 60)).await, "payment_started");
        till.payment(&payment, is("approved")).await;
        ok(&till.call(&sale(&sale_id, &payment)).await, "recorded");
        till.payment(&payment, is("captured")).await;
        let charges = shop.stripe.list("charges").await;
        let paid: Vec<&Value> = charges.iter().filter(|charge| charge["paid"] == true).collect();
        assert_eq!((charges.len(), paid.len()), (2, 1));
        assert_eq!(paid[0]["captured"], true);
    });
    shop.end(server, driver);
}

/// Whatever becomes of the answer, the charge is found by its name and made once; a confirmation that never came
/// through is ended for good.
#[test]
fn t31_an_answer_of_stripes_that_is_lost_charges_once() {
    let Some(shop) = Shop::new() else { return };
    let server = shop.serve();
    let driver = shop.drive(&server);
    block_on(async {
        let mut till = shop.till(&server).await;
        let mut charged = 0;
        for (fault, state) in
            [(Fault::CutAnswer, "approved"), (Fault::FailedAnswer, "approved"), (Fault::CutRequest, "declined")]
        {
            shop.stripe.plant("POST /confirm", fault);
            let (payment, sale_id) = (id(), id());
            ok(&till.call(&start(&payment, &sale_id, Some(GOOD), 60)).await, "payment_started");
            till.payment(&payment, is("unknown")).await;
            let decided = till.payment(&payment, |one| one["state"] != "unknown").await;
            assert_eq!(decided["state"], state, "{fault:?}");
            if state == "approved" {
                charged += 1;
                ok(&till.call(&sale(&sale_id, &payment)).await, "recorded");
                till.payment(&payment, is("captured")).await;
            } else {
                assert_eq!(shop.stripe.intent(&payment).await["status"], "canceled");
            }
            let charges = shop.stripe.list("charges").await;
            assert_eq!(charges.iter().filter(|charge| charge["captured"] == true).count(), charged, "{fault:?}");
            assert_eq!(charges.len(), charged, "{fault:?}");
        }
        assert_eq!(shop.stripe.asked("POST /confirm"), 3);

        // What Stripe does not take now is sent again.
        for request in ["POST /payment_intents", "POST /confirm", "POST /confirm", "POST /capture", "GET /refunds"] {
            shop.stripe.plant(request, Fault::TooMany);
        }
        shop.stripe.plant("POST /refunds", Fault::TooMany);
        let payment = shop.sold(&mut till).await;
        till.payment(&payment, is("captured")).await;
        ok(&till.call(&refund(&id(), &payment, 300)).await, "payment_noted");
        till.payment(&payment, gave_back(300)).await;
        assert_eq!(shop.stripe.list("charges").await.len(), charged + 1);
        assert_eq!(shop.stripe.list("refunds").await.len(), 1);
    });
    shop.end(server, driver);
}

/// The driver is killed after Stripe has charged, taken or given back, and before it heard of it: the next one
/// finds what was done.
#[test]
fn t31_a_driver_killed_before_stripes_answer_does_nothing_twice() {
    let Some(shop) = Shop::new() else { return };
    let server = shop.serve();
    let (payment, sale_id) = (id(), id());
    block_on(async {
        let mut till = shop.till(&server).await;
        shop.stripe.plant("POST /confirm", Fault::HeldAnswer);
        let driver = shop.drive(&server);
        ok(&till.call(&start(&payment, &sale_id, Some(GOOD), 2)).await, "payment_started");
        shop.stripe.wait_for("charges", 1).await;
        drop(driver);
        till.payment(&payment, is("unknown")).await;

        let driver = shop.drive(&server);
        till.payment(&payment, is("approved")).await;
        shop.stripe.plant("POST /capture", Fault::HeldAnswer);
        ok(&till.call(&sale(&sale_id, &payment)).await, "recorded");
        shop.stripe.wait_until(&payment, "succeeded").await;
        drop(driver);

        let driver = shop.drive(&server);
        till.payment(&payment, is("captured")).await;
        ok(&till.call(&refund(&id(), &payment, 300)).await, "payment_noted");
        till.payment(&payment, gave_back(300)).await;
        shop.stripe.plant("POST /refunds", Fault::HeldAnswer);
        ok(&till.call(&refund(&id(), &payment, 200)).await, "payment_noted");
        shop.stripe.wait_for("refunds", 2).await;
        drop(driver);
    });
    let driver = shop.drive(&server);
    block_on(async {
        let read = json!({"op": "payment", "id": id(), "location": "S1", "payment": payment});
        let mut till = shop.till(&server).await;
        if !gave_back(500)(&till.call(&read).await["payment"]) {
            till.payment(&payment, gave_back(500)).await;
        }
        let charges = shop.stripe.list("charges").await;
        assert_eq!(charges.len(), 1);
        assert_eq!((&charges[0]["captured"], &charges[0]["amount_refunded"]), (&json!(true), &json!(500)));
        assert_eq!(shop.stripe.list("refunds").await.len(), 2);
    });
    shop.end(server, driver);
}

/// An authority that this test alone knows, and a certificate of it for this machine.
fn authority() -> (String, String, String) {
    let own = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, own).unwrap();
    let key = KeyPair::generate().unwrap();
    let machine = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    (authority.pem(), machine.signed_by(&key, &authority).unwrap().pem(), key.serialize_pem())
}

/// Only to whom an authority of this machine's vouches for is anything sent.
#[test]
fn what_is_sent_to_stripe_is_sent_to_nobody_else() {
    let Some(shop) = Shop::new() else { return };
    let write = |name: &str, text: &str| {
        let path = shop.data.beside(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let (authority_pem, certificate, key) = authority();
    let known = write("known.pem", &authority_pem);
    let other = write("other.pem", &authority().0);
    let (certificate, key) = (write("certificate.pem", &certificate), write("key.pem", &key));
    let (child, address) = emulator(installed().unwrap(), &[&certificate, &key]);
    let _emulator = Driver(child);
    let api = format!("https://{address}");
    let server = shop.serve();
    let (sale_id, first, second) = (id(), id(), id());
    let driver = shop.drive_with(&server, &api, "200", Some(&other));
    block_on(async {
        let mut till = shop.till(&server).await;
        ok(&till.call(&start(&first, &sale_id, Some(GOOD), 2)).await, "payment_started");
        till.payment(&first, is("cancelled")).await;
    });
    drop(driver);
    let driver = shop.drive_with(&server, &api, "10000", Some(&known));
    block_on(async {
        let mut till = shop.till(&server).await;
        ok(&till.call(&start(&second, &sale_id, Some(GOOD), 60)).await, "payment_started");
        till.payment(&second, is("approved")).await;
    });
    shop.end(server, driver);
}

#[test]
fn what_the_driver_for_stripe_cannot_use_is_told_at_its_start() {
    let data = Data::new();
    let (secret, wrong) = (data.beside("secret"), data.beside("wrong"));
    std::fs::write(&secret, SECRET).unwrap();
    std::fs::write(&wrong, "pk_test_published").unwrap();
    for (api, file, said) in [
        ("http://10.0.0.1:8420", &secret, "is not encrypted"),
        ("https://api.stripe.com/v1", &secret, "is no address"),
        ("http://127.0.0.1:9", &wrong, "begins with sk_ or rk_"),
        ("http://127.0.0.1:9", &data.beside("missing"), "cannot be read"),
    ] {
        let words = ["stripe", "--server", "http://127.0.0.1:9", "--key", "k", "--api", api, "--secret-file", file];
        let out = run(&words);
        assert_eq!(out.status.code(), Some(3), "{words:?}");
        let stderr = text(&out.stderr);
        assert!(stderr.contains(said) && !stderr.contains(SECRET), "{stderr}");
    }
}
