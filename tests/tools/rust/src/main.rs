//! Runs one check of the published Rust client against a running server, as a user would call it.
//!
//! Usage: rust-client URL KID PRIVATE_KEY_FILE CHECK
//! Ends with 0 where all was as expected; else a panic says what wasn't.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use futures_util::{StreamExt, stream};
use objectstore_client::{
    Client, Compression, Error, ExpirationPolicy, ExpiryExtension, IntoTokenProvider,
    OperationResult, Permission, SecretKey, Session, TokenGenerator, Usecase,
};

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;
/// Rows hold up to 1 MiB: on tiered storage the last two are blobs.
const SIZES: [usize; 6] = [0, 1, 10 * KIB, MIB, MIB + 1, 3 * MIB + 7];
/// Keys with what a path, a query, a header or a form would trip over.
const KEYS: [&str; 8] = [
    "plain",
    "folders/a/b",
    "two words",
    "100%",
    "a?b=c&d#e",
    "größe/日本.txt",
    "semi;colon=\"quoted\"",
    "%2F+%20",
];

struct Server {
    url: String,
    kid: String,
    private_key: String,
    check: String,
}

impl Server {
    fn generator(&self) -> TokenGenerator {
        let (kid, secret_key) = (self.kid.clone(), self.private_key.clone());
        TokenGenerator::new(SecretKey { kid, secret_key }).expect("a private key")
    }

    fn client(&self, token: impl IntoTokenProvider) -> Client {
        // The client's own 100 ms for a connection are too little on a busy machine.
        Client::builder(&self.url)
            .configure_reqwest(|http| http.connect_timeout(Duration::from_secs(10)))
            .token(token)
            .build()
            .expect("a client")
    }

    /// In a scope that no other check has.
    fn session(&self, token: impl IntoTokenProvider) -> Session {
        let scope = Usecase::from_static("attachments").scope();
        let scope = scope.push("client", "rust").push("check", &self.check);
        scope.session(&self.client(token)).expect("a session")
    }
}

/// Bytes that don't compress, other ones for another seed.
fn noise(size: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2_862_933_555_777_941_757) | 1;
    let mut bytes = Vec::with_capacity(size + 8);
    while bytes.len() < size {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(size);
    bytes
}

async fn payload(session: &Session, key: &str) -> Option<Vec<u8>> {
    let found = session.get(key).send().await.expect("an answer")?;
    Some(found.payload().await.expect("a payload").to_vec())
}

fn status(error: &Error) -> Option<u16> {
    match error {
        Error::Reqwest(error) => error.status().map(|status| status.as_u16()),
        Error::OperationFailure { status, .. } => Some(*status),
        _ => None,
    }
}

fn refused<T>(result: Result<T, Error>) -> u16 {
    let error = result.err().expect("a refusal");
    status(&error).unwrap_or_else(|| panic!("no refusal by the server: {error:?}"))
}

async fn round_trip(session: Session) {
    let stored = session.put("Hello, world!").send().await.unwrap();
    let object = session.get(&stored.key).send().await.unwrap().unwrap();
    assert_eq!(object.text().await.unwrap(), "Hello, world!");
    session.delete(&stored.key).send().await.unwrap();
    assert!(session.get(&stored.key).send().await.unwrap().is_none());
    assert!(session.head(&stored.key).send().await.unwrap().is_none());
    session.delete(&stored.key).send().await.unwrap();
}

async fn metadata(session: Session) {
    let custom = BTreeMap::from([("owner".to_string(), "relay".to_string())]);
    let before = SystemTime::now();
    session
        .put("x")
        .key("k")
        .compress(None)
        .content_type("text/plain; charset=utf-8")
        .origin("203.0.113.42")
        .filename("größe \"1\".txt")
        .set_metadata(custom)
        .append_metadata("empty", "")
        .expiration_policy(ExpirationPolicy::TimeToLive(Duration::from_secs(3600)))
        .send()
        .await
        .unwrap();
    let read = session.get("k").send().await.unwrap().unwrap().metadata;
    let head = session.head("k").send().await.unwrap().unwrap();
    for told in [&read, &head] {
        assert_eq!(told.content_type, "text/plain; charset=utf-8");
        assert_eq!(told.compression, None);
        assert_eq!(told.origin.as_deref(), Some("203.0.113.42"));
        assert_eq!(told.filename.as_deref(), Some("größe \"1\".txt"));
        assert_eq!(told.size, Some(1));
        let custom: Vec<_> = told.custom.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(custom, [("empty", ""), ("owner", "relay")]);
        assert_eq!(told.expiration_policy.expires_in(), Some(Duration::from_secs(3600)));
    }
    let created = SystemTime::from(read.time_created.unwrap());
    let expires = SystemTime::from(read.time_expires.unwrap());
    let close = |a: SystemTime, b: SystemTime| {
        let apart = a.duration_since(b).unwrap_or_else(|error| error.duration());
        assert!(apart < Duration::from_secs(60), "{apart:?} apart");
    };
    close(created, before);
    close(expires, before + Duration::from_secs(3600));
}

async fn sizes(session: Session) {
    // Each over the one before, so that small ones replace large ones and the other way.
    for (number, size) in SIZES.into_iter().chain(SIZES.into_iter().rev()).enumerate() {
        let body = noise(size, number as u64);
        let compression = (number % 2 == 0).then_some(Compression::Zstd);
        session.put(body.clone()).key("k").compress(compression).send().await.unwrap();
        assert_eq!(payload(&session, "k").await, Some(body), "{size} bytes");
    }
}

async fn streams(session: Session) {
    let body = noise(2 * MIB + 5, 1);
    let pieces: Vec<_> = body.chunks(100_000).map(|piece| Ok(piece.to_vec().into())).collect();
    session.put_stream(stream::iter(pieces).boxed()).key("stream").send().await.unwrap();
    session.put_read(std::io::Cursor::new(body.clone())).key("read").send().await.unwrap();

    let file: PathBuf = std::env::temp_dir().join(format!("rust-client-{}", std::process::id()));
    tokio::fs::write(&file, &body).await.unwrap();
    session.put_path(&file).key("path").send().await.unwrap();
    let opened = tokio::fs::File::open(&file).await.unwrap();
    session.put_file(opened).key("file").compress(None).send().await.unwrap();
    tokio::fs::remove_file(&file).await.unwrap();

    for key in ["stream", "read", "path", "file"] {
        assert!(payload(&session, key).await.as_ref() == Some(&body), "{key}");
    }
}

async fn broken_stream(session: Session) {
    session.put("old").key("k").send().await.unwrap();
    let broken = std::io::Error::other("the source broke");
    let pieces = vec![Ok(noise(2 * MIB, 1).into()), Err(broken)];
    let put = session.put_stream(stream::iter(pieces).boxed()).key("k").compress(None);
    assert!(put.send().await.is_err());
    assert_eq!(payload(&session, "k").await.as_deref(), Some(&b"old"[..]));
}

async fn compression(session: Session) {
    let text = "again and again ".repeat(10_000);
    session.put(text.clone()).key("k").compress(Compression::Zstd).send().await.unwrap();
    assert_eq!(payload(&session, "k").await.as_deref(), Some(text.as_bytes()));

    let raw = session.get("k").decompress(false).send().await.unwrap().unwrap();
    assert_eq!(raw.metadata.compression, Some(Compression::Zstd));
    let raw = raw.payload().await.unwrap();
    assert!(raw.len() < text.len() / 10, "{} bytes are stored", raw.len());
    let kept = session.get("k").accept_encoding([Compression::Zstd]).send().await.unwrap().unwrap();
    assert_eq!(kept.payload().await.unwrap(), raw);

    session.put(raw).key("again").precompressed(Compression::Zstd).send().await.unwrap();
    assert_eq!(payload(&session, "again").await.as_deref(), Some(text.as_bytes()));

    // The one encoding that objects may have is zstd.
    assert_eq!(refused(session.put("x").key("k").compress(Compression::Gzip).send().await), 400);
    assert_eq!(payload(&session, "k").await.as_deref(), Some(text.as_bytes()));
}

async fn keys(session: Session) {
    for key in KEYS {
        let stored = session.put(key).key(key).send().await.unwrap();
        assert_eq!(stored.key, key);
    }
    for key in KEYS {
        assert_eq!(payload(&session, key).await.as_deref(), Some(key.as_bytes()));
        session.delete(key).send().await.unwrap();
        assert_eq!(payload(&session, key).await, None);
    }
}

async fn scopes(server: &Server) {
    let client = server.client(server.generator());
    let of = |organization| {
        let scope = Usecase::from_static("attachments").for_organization(organization);
        scope.push("check", "scopes").session(&client).unwrap()
    };
    of(1).put("one").key("k").send().await.unwrap();
    assert_eq!(payload(&of(2), "k").await, None);
    of(2).delete("k").send().await.unwrap();
    assert_eq!(payload(&of(1), "k").await.as_deref(), Some(&b"one"[..]));
}

/// Several batch requests; what is too large for a part goes by itself.
async fn many(session: Session) {
    let size = |number: usize| if number % 100 == 99 { 2 * MIB } else { number * 37 };
    let body = |number: usize| noise(size(number), number as u64);
    let names: Vec<String> = (0..300).map(|number| format!("object {number}")).collect();

    let mut puts = session.many();
    for (number, name) in names.iter().enumerate() {
        puts = puts.push(session.put(body(number)).key(name));
    }
    let stored = puts.send().await.error_for_failures().await;
    assert!(stored.is_ok(), "{:?}", stored.err().map(|errors| errors.collect::<Vec<_>>()));

    let mut others = session.many().push(session.get("absent")).push(session.head("absent"));
    for (number, name) in names.iter().enumerate() {
        others = match number % 3 {
            0 => others.push(session.get(name)),
            1 => others.push(session.head(name)),
            _ => others.push(session.delete(name)),
        };
    }
    let mut answered = BTreeSet::new();
    let mut results = others.send().await;
    while let Some(result) = results.next().await {
        let number = |key: &String| names.iter().position(|name| name == key).unwrap();
        let key = match result {
            OperationResult::Get(key, Ok(None)) | OperationResult::Head(key, Ok(None)) => {
                assert_eq!(key, "absent");
                continue;
            }
            OperationResult::Get(key, Ok(Some(object))) => {
                assert!(object.payload().await.unwrap() == body(number(&key)), "{key}");
                key
            }
            OperationResult::Head(key, Ok(Some(metadata))) => {
                assert!(metadata.time_created.is_some());
                key
            }
            OperationResult::Delete(key, Ok(())) => key,
            other => panic!("{other:?}"),
        };
        assert!(answered.insert(number(&key)), "{key} is answered twice");
    }
    assert_eq!(answered.len(), names.len());
    for (number, name) in names.iter().enumerate() {
        let is_there = session.head(name).send().await.unwrap().is_some();
        assert_eq!(is_there, number % 3 != 2, "{name}");
    }
}

async fn permissions(server: &Server) {
    let session = server.session(server.generator());
    session.put("x").key("k").send().await.unwrap();

    let reader = server.session(server.generator().permissions(&[Permission::ObjectRead]));
    assert_eq!(payload(&reader, "k").await.as_deref(), Some(&b"x"[..]));
    assert_eq!(refused(reader.put("y").key("k").send().await), 403);
    assert_eq!(refused(reader.delete("k").send().await), 403);
    let batch = reader.many().push(reader.get("k")).push(reader.delete("k"));
    let failed = batch.send().await.error_for_failures().await.err().unwrap();
    assert_eq!(failed.map(|error| status(&error)).collect::<Vec<_>>(), [Some(403)]);

    // A token handed on, and none at all.
    let token = session.create_token().unwrap().unwrap();
    let token = token.permissions(&[Permission::ObjectRead]).sign().unwrap();
    assert_eq!(payload(&server.session(token.as_str()), "k").await.as_deref(), Some(&b"x"[..]));
    assert_eq!(refused(server.session(token.as_str()).delete("k").send().await), 403);
    let none: Option<&str> = None;
    assert_eq!(refused(server.session(none).get("k").send().await), 400);
    assert_eq!(payload(&session, "k").await.as_deref(), Some(&b"x"[..]));
}

/// Not offered by this server: refused as such, and nothing happens to the object.
async fn extend_expiry(session: Session) {
    let put = session.put("x").key("k");
    let policy = ExpirationPolicy::TimeToLive(Duration::from_secs(3600));
    put.expiration_policy(policy).send().await.unwrap();
    let target = ExpiryExtension::FromNow(Duration::from_secs(86_400));
    assert_eq!(refused(session.extend_expiry("k", target).send().await), 405);
    assert_eq!(payload(&session, "k").await.as_deref(), Some(&b"x"[..]));
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Ok([url, kid, key_file, check]) = <[String; 4]>::try_from(arguments) else {
        panic!("usage: rust-client URL KID PRIVATE_KEY_FILE CHECK");
    };
    let private_key = std::fs::read_to_string(&key_file).expect("a file with a private key");
    let server = Server { url, kid, private_key, check };
    let session = server.session(server.generator());
    match server.check.as_str() {
        "round_trip" => round_trip(session).await,
        "metadata" => metadata(session).await,
        "sizes" => sizes(session).await,
        "streams" => streams(session).await,
        "broken_stream" => broken_stream(session).await,
        "compression" => compression(session).await,
        "keys" => keys(session).await,
        "scopes" => scopes(&server).await,
        "many" => many(session).await,
        "permissions" => permissions(&server).await,
        "extend_expiry" => extend_expiry(session).await,
        unknown => panic!("no check of that name: {unknown}"),
    }
}
