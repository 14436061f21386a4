//! A sealed object is its plain object to who holds the key, and opens to nobody else, in no other form and at no other place.

use std::error::Error;

use deltalake::logstore::object_store::memory::InMemory;
use proptest::prelude::*;

use super::*;

const CHUNK: usize = CHUNK_BYTES;

fn key(byte: u8) -> Key {
    Key::new([byte; 32])
}

fn ring() -> Keyring {
    Keyring::new(1, key(1))
}

fn store(inner: &Arc<InMemory>, keys: Keyring) -> SealedStore {
    SealedStore::new(Arc::clone(inner) as Arc<dyn ObjectStore>, Path::from("data/zone"), Arc::new(keys))
}

fn at(name: &str) -> Path {
    Path::from(format!("data/zone/{name}"))
}

fn made_up(len: usize) -> Vec<u8> {
    (0..len).map(|place| u8::try_from(place * 7 % 251).expect("below 251")).collect()
}

/// The whole chain of an error, as an operator reads it.
fn told(error: &dyn Error) -> String {
    error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {}", told(source)))
}

async fn raw(inner: &InMemory, name: &str) -> Vec<u8> {
    inner.get(&at(name)).await.expect("an object").bytes().await.expect("its bytes").to_vec()
}

/// Puts other bytes in the place of an object, and tells how reading it fails.
async fn altered(inner: &Arc<InMemory>, keys: Keyring, name: &str, bytes: Vec<u8>) -> String {
    inner.put(&at(name), bytes.into()).await.expect("other bytes");
    let sealed = store(inner, keys);
    let read = async { sealed.get(&at(name)).await?.bytes().await };
    told(&read.await.expect_err("it must not open"))
}

async fn sealed_object(plain: &[u8]) -> (Arc<InMemory>, Vec<u8>) {
    let inner = Arc::new(InMemory::new());
    store(&inner, ring()).put(&at("a"), plain.to_vec().into()).await.expect("a sealed object");
    let bytes = raw(&inner, "a").await;
    (inner, bytes)
}

/// Bytes of the chunks that are read in one request.
fn read_at_once() -> usize {
    usize::try_from(CHUNKS_READ_MAX).expect("a small number") * CHUNK
}

/// Lengths around the borders of chunks, and anything between.
fn lengths() -> impl Strategy<Value = usize> {
    prop_oneof![
        Just(0),
        Just(1),
        Just(CHUNK - 1),
        Just(CHUNK),
        Just(CHUNK + 1),
        Just(3 * CHUNK),
        0..5 * CHUNK,
        (read_at_once() - 5)..(read_at_once() + 3 * CHUNK)
    ]
}

fn blocking<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, ..ProptestConfig::default() })]

    #[test]
    fn ranges_are_those_of_the_plain_object(len in lengths(), from in 0_usize..6 * CHUNK, count in 1_usize..3 * CHUNK, last in 0_u64..70_000) {
        let plain = made_up(len);
        blocking(async {
            let inner = Arc::new(InMemory::new());
            let sealed = store(&inner, ring());
            sealed.put(&at("a"), plain.clone().into()).await.expect("a sealed object");
            prop_assert_eq!(sealed.head(&at("a")).await.expect("a size").size, len as u64);
            let whole = sealed.get(&at("a")).await.expect("an object").bytes().await.expect("its bytes");
            prop_assert_eq!(&whole[..], &plain[..]);
            if from < len {
                let to = (from + count).min(len);
                let part = sealed.get_range(&at("a"), from as u64..(from + count) as u64).await.expect("a range");
                prop_assert_eq!(&part[..], &plain[from..to]);
                let options = GetOptions { range: Some(GetRange::Offset(from as u64)), ..GetOptions::default() };
                let rest = sealed.get_opts(&at("a"), options).await.expect("the rest").bytes().await.expect("its bytes");
                prop_assert_eq!(&rest[..], &plain[from..]);
            }
            if len > 0 && last > 0 {
                let options = GetOptions { range: Some(GetRange::Suffix(last)), ..GetOptions::default() };
                let end = sealed.get_opts(&at("a"), options).await.expect("the end").bytes().await.expect("its bytes");
                prop_assert_eq!(&end[..], &plain[len.saturating_sub(usize::try_from(last).expect("small"))..]);
            }
            Ok(())
        })?;
    }

    #[test]
    fn an_upload_in_parts_is_the_object(parts in prop::collection::vec(0_usize..2 * CHUNK + 3, 0..6)) {
        let plain: Vec<u8> = parts.iter().flat_map(|len| made_up(*len)).collect();
        blocking(async {
            let inner = Arc::new(InMemory::new());
            let sealed = store(&inner, ring());
            let mut upload = sealed.put_multipart(&at("a")).await.expect("an upload");
            for len in &parts {
                upload.put_part(made_up(*len).into()).await.expect("a part");
            }
            upload.complete().await.expect("an object");
            let whole = sealed.get(&at("a")).await.expect("an object").bytes().await.expect("its bytes");
            prop_assert_eq!(&whole[..], &plain[..]);
            Ok(())
        })?;
    }

    #[test]
    fn a_flipped_bit_does_not_open(len in 0_usize..2 * CHUNK + 9, place in any::<prop::sample::Index>(), bit in 0_u8..8) {
        blocking(async {
            let (inner, mut bytes) = sealed_object(&made_up(len)).await;
            let place = place.index(bytes.len());
            bytes[place] ^= 1 << bit;
            let fault = altered(&inner, ring(), "a", bytes).await;
            let is_clear = ["was altered", "is not sealed", "keys` does not hold", "with another key"].iter().any(|text| fault.contains(text));
            prop_assert!(is_clear, "{}", fault);
            Ok(())
        })?;
    }

    #[test]
    fn an_object_cut_short_or_lengthened_does_not_open(len in lengths(), cut in any::<prop::sample::Index>(), more in 1_usize..70_000) {
        blocking(async {
            let (inner, bytes) = sealed_object(&made_up(len)).await;
            let shorter = bytes[..cut.index(bytes.len())].to_vec();
            let fault = altered(&inner, ring(), "a", shorter).await;
            prop_assert!(fault.contains("was altered") || fault.contains("is not sealed"), "{}", fault);
            let longer = [bytes, vec![0; more]].concat();
            let fault = altered(&inner, ring(), "a", longer).await;
            prop_assert!(fault.contains("was altered"), "{}", fault);
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn an_object_cut_at_the_end_of_a_chunk_does_not_open() {
    let (inner, bytes) = sealed_object(&made_up(3 * CHUNK)).await;
    for chunks in 0..3 {
        let fault = altered(&inner, ring(), "a", bytes[..HEADER_BYTES + chunks * SEALED_CHUNK_BYTES].to_vec()).await;
        assert!(fault.contains("was altered"), "{chunks} chunks left: {fault}");
    }
}

#[tokio::test]
async fn chunks_change_no_places() {
    let (inner, mut bytes) = sealed_object(&made_up(3 * CHUNK)).await;
    let (first, second) = (HEADER_BYTES..HEADER_BYTES + SEALED_CHUNK_BYTES, HEADER_BYTES + SEALED_CHUNK_BYTES);
    let kept = bytes[first.clone()].to_vec();
    bytes.copy_within(second..second + SEALED_CHUNK_BYTES, first.start);
    bytes[second..second + SEALED_CHUNK_BYTES].copy_from_slice(&kept);
    assert!(altered(&inner, ring(), "a", bytes).await.contains("was altered"));
}

#[tokio::test]
async fn an_object_moved_behind_the_back_of_the_store_does_not_open() {
    let (inner, bytes) = sealed_object(&made_up(10)).await;
    let fault = altered(&inner, ring(), "elsewhere", bytes).await;
    assert!(fault.contains("elsewhere was altered, cut short or moved"), "{fault}");
}

#[tokio::test]
async fn a_zone_may_be_moved_as_a_whole() {
    let (inner, bytes) = sealed_object(b"plain").await;
    inner.put(&Path::from("backup/a"), bytes.into()).await.expect("a copy");
    let moved = SealedStore::new(inner, Path::from("backup"), Arc::new(ring()));
    let read = moved.get(&Path::from("backup/a")).await.expect("an object").bytes().await.expect("its bytes");
    assert_eq!(&read[..], b"plain");
}

#[tokio::test]
async fn copies_and_renames_are_sealed_at_their_new_place() {
    let (inner, _) = sealed_object(b"plain").await;
    let sealed = store(&inner, ring());
    sealed.copy(&at("a"), &at("b")).await.expect("a copy");
    sealed.rename(&at("b"), &at("c")).await.expect("a rename");
    assert_eq!(&sealed.get(&at("c")).await.expect("an object").bytes().await.expect("its bytes")[..], b"plain");
    assert!(sealed.head(&at("b")).await.is_err(), "it was renamed");
    let taken = sealed.copy_if_not_exists(&at("a"), &at("c")).await.expect_err("the place is taken");
    assert!(matches!(taken, object_store::Error::AlreadyExists { .. }));
    let create = PutOptions::from(PutMode::Create);
    let taken = sealed.put_opts(&at("c"), PutPayload::from_static(b"other"), create).await.expect_err("the place is taken");
    assert!(matches!(taken, object_store::Error::AlreadyExists { .. }));
}

#[tokio::test]
async fn listings_tell_plain_sizes() {
    let (inner, bytes) = sealed_object(&made_up(CHUNK + 5)).await;
    let sealed = store(&inner, ring());
    let listed: Vec<ObjectMeta> = sealed.list(Some(&Path::from("data/zone"))).try_collect().await.expect("a listing");
    assert_eq!(listed.iter().map(|meta| meta.size).collect::<Vec<_>>(), [(CHUNK + 5) as u64]);
    let listed = sealed.list_with_delimiter(Some(&Path::from("data/zone"))).await.expect("a listing");
    assert_eq!(listed.objects[0].size, (CHUNK + 5) as u64);
    assert_eq!(bytes.len(), HEADER_BYTES + CHUNK + 5 + 2 * TAG_BYTES);
}

#[tokio::test]
async fn the_key_decides() {
    let (inner, bytes) = sealed_object(b"plain").await;
    let fault = altered(&inner, Keyring::new(1, key(2)), "a", bytes.clone()).await;
    assert!(fault.contains("a was sealed with another key than version 1"), "{fault}");
    let fault = altered(&inner, Keyring::new(2, key(2)), "a", bytes.clone()).await;
    assert!(fault.contains("a is sealed with version 1 of the zone's key, which the folder `keys` does not hold"), "{fault}");
    let fault = altered(&inner, ring(), "a", b"PAR1 some plain file".to_vec()).await;
    assert!(fault.contains("a is not sealed"), "{fault}");
    inner.put(&at("a"), bytes.into()).await.expect("the object as it was");
    let both = store(&inner, Keyring::new(2, key(2)).with(1, key(1)));
    assert_eq!(&both.get(&at("a")).await.expect("an object").bytes().await.expect("its bytes")[..], b"plain");
}

#[tokio::test]
async fn the_same_bytes_are_never_sealed_alike_and_show_nothing() {
    let (_, first) = sealed_object(&[b'x'; 4096]).await;
    let (_, second) = sealed_object(&[b'x'; 4096]).await;
    assert_ne!(first[HEADER_BYTES..], second[HEADER_BYTES..]);
    assert!(!first.windows(4).any(|window| window == b"xxxx"));
}

#[test]
fn bytes_sealed_for_a_file_open_at_their_place_only() {
    for len in [0, 1, CHUNK, CHUNK + 1, 3 * CHUNK] {
        let sealed = seal(&ring(), "deposits/1", &made_up(len)).expect("sealed");
        assert_eq!(plain_size(sealed.len() as u64), Some(len as u64));
        assert_eq!(unseal(&ring(), "deposits/1", sealed.clone()).expect("unsealed"), made_up(len));
        assert!(matches!(unseal(&ring(), "deposits/2", sealed.clone()), Err(SealFault::Altered { .. })));
        assert!(matches!(unseal(&ring(), "deposits/1", sealed[..sealed.len() - 1].to_vec()), Err(SealFault::Altered { .. })));
    }
    assert!(matches!(unseal(&ring(), "deposits/1", b"plain".to_vec()), Err(SealFault::NotSealed { .. })));
}

#[tokio::test]
async fn an_object_replaced_while_it_is_asked_for_is_read_anew() {
    let inner = Arc::new(InMemory::new());
    let sealed = store(&inner, ring());
    sealed.put(&at("a"), PutPayload::from_static(b"first")).await.expect("an object");
    let writer = async {
        for _ in 0..50 {
            sealed.put(&at("a"), PutPayload::from_static(b"other")).await.expect("an object");
            tokio::task::yield_now().await;
        }
    };
    let reader = async {
        for _ in 0..50 {
            let bytes = sealed.get(&at("a")).await.expect("an object").bytes().await.expect("its bytes");
            assert!(&bytes[..] == b"first" || &bytes[..] == b"other");
            tokio::task::yield_now().await;
        }
    };
    tokio::join!(writer, reader);
}
