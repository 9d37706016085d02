package io.millrace.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.process.RunningServer;
import io.millrace.record.Codec;
import io.millrace.record.RecordBatchBuilder;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Transactions as their producers, their readers and operators see them. */
@ExtendWith(RunningServer.class)
class TransactionsIT {
    private static final String HEADER = "Millrace-Transaction";
    private static final long PATIENCE_NANOS = 30_000_000_000L;

    private final HttpApi api = new HttpApi();
    private final String topic = api.newTopic(2);
    private final String id = "transfer " + UUID.randomUUID();
    private final String path = "/transactions/" + id.replace(" ", "%20");

    // ---- producers

    private JsonObject begin(int timeoutMs) {
        return api.post("/transactions", HttpApi.DIALECT, "{\"transactional_id\":\"%s\",\"timeout_ms\":%d}".formatted(id, timeoutMs))
                .is(201).object();
    }

    private int begin() {
        return begin(60_000).getInt("producer_epoch");
    }

    private HttpApi.Answer produce(int epoch, int partition, String value) {
        return api.send("POST", "/topics/" + topic, HttpApi.TEXT,
                "{\"records\":[{\"value\":\"%s\",\"partition\":%d}]}".formatted(value, partition).getBytes(StandardCharsets.UTF_8),
                HEADER, id.replace(" ", "%20") + ";epoch=" + epoch);
    }

    private HttpApi.Answer end(String how, int epoch) {
        return api.post(path + "/" + how, HttpApi.DIALECT, "{\"producer_epoch\":" + epoch + "}");
    }

    // ---- readers

    private List<String> read(int partition, String isolation) {
        List<String> values = new ArrayList<>();
        long next = 0;
        while (true) {
            HttpApi.Answer page = api.get("/topics/%s/partitions/%d/records?isolation=%s&offset=%d".formatted(topic, partition, isolation,
                    next), HttpApi.TEXT).is(200);
            page.array().getValuesAs(JsonObject.class).forEach(each -> values.add(each.getString("value")));
            long after = Long.parseLong(page.header("Millrace-Next-Offset"));
            if (after == next) {
                return values;
            }
            next = after;
        }
    }

    private List<String> committed(int partition) {
        return read(partition, "read_committed");
    }

    /** Markers come after the answer, usually within ms. */
    private void awaitCommitted(int partition, String... values) {
        await(() -> assertThat(committed(partition)).containsExactly(values));
    }

    private static void await(Runnable assertion) {
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (true) {
            try {
                assertion.run();
                return;
            } catch (AssertionError notYet) {
                if (System.nanoTime() - end > 0) {
                    throw notYet;
                }
            }
            try {
                Thread.sleep(20);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError(e);
            }
        }
    }

    private void refused(HttpApi.Answer answer, int status, String kind) {
        assertThat(answer.isError(status).header("Millrace-Error")).isEqualTo(kind);
    }

    // ---- all or nothing

    @Test
    void whatIsCommittedIsReadInEveryPartitionAndNothingBefore() {
        int epoch = begin();
        produce(epoch, 0, "a").is(200);
        produce(epoch, 1, "b").is(200);
        assertThat(read(0, "read_uncommitted")).containsExactly("a");
        assertThat(committed(0)).isEmpty();
        assertThat(committed(1)).isEmpty();

        JsonObject answer = end("commit", epoch).is(200).object();

        assertThat(answer.getString("transactional_id")).isEqualTo(id);
        assertThat(answer.getInt("producer_epoch")).isEqualTo(epoch + 1);
        awaitCommitted(0, "a");
        awaitCommitted(1, "b");
    }

    @Test
    void whatIsAbortedIsReadByNobodyWhoReadsCommitted() {
        int epoch = begin();
        produce(epoch, 0, "aborted").is(200);
        end("abort", epoch).is(200);
        produce(epoch + 1, 0, "committed").is(200);
        end("commit", epoch + 1).is(200);
        awaitCommitted(0, "committed");
        assertThat(read(0, "read_uncommitted")).containsExactly("aborted", "committed");
    }

    @Test
    void whoeverAsksAgainIsAnsweredTheSame() {
        int epoch = begin();
        produce(epoch, 0, "a").is(200);
        JsonObject first = end("commit", epoch).is(200).object();
        JsonObject again = end("commit", epoch).is(200).object();
        assertThat(again.getInt("producer_epoch")).isEqualTo(first.getInt("producer_epoch"));
        refused(end("abort", epoch), 409, "INVALID_TXN_STATE");
        awaitCommitted(0, "a");
    }

    @Test
    void aNewIncarnationFencesTheOldOneAndAbortsItsTransaction() {
        int old = begin();
        produce(old, 0, "old").is(200);
        int epoch = begin();
        assertThat(epoch).isGreaterThan(old);
        refused(produce(old, 0, "zombie"), 409, "PRODUCER_FENCED");
        refused(end("commit", old), 409, "PRODUCER_FENCED");
        produce(epoch, 0, "new").is(200);
        end("commit", epoch).is(200);
        awaitCommitted(0, "new");
    }

    @Test
    void aTransactionThatTakesTooLongIsAborted() {
        int epoch = begin(1_000).getInt("producer_epoch");
        produce(epoch, 0, "late").is(200);
        await(() -> assertThat(api.get(path).is(200).object().getString("state")).isEqualTo("CompleteAbort"));
        assertThat(end("commit", epoch).status()).isEqualTo(409);
        assertThat(committed(0)).isEmpty();
    }

    @Test
    void whatIsPreparedWaitsForADecisionHoweverLongThatTakes() {
        int epoch = begin(1_000).getInt("producer_epoch");
        produce(epoch, 0, "a").is(200);
        String xid = "xid-" + UUID.randomUUID();
        api.post(path + "/prepare", HttpApi.DIALECT, "{\"producer_epoch\":%d,\"xid\":\"%s\"}".formatted(epoch, xid)).is(200);
        refused(produce(epoch, 1, "b"), 409, "INVALID_TXN_STATE");
        sleep(2_500);
        JsonObject found = only("/transactions?state=prepared&xid=" + xid);
        assertThat(found.getString("transactional_id")).isEqualTo(id);
        assertThat(found.getString("state")).isEqualTo("Prepared");
        assertThat(ids("/admin/transactions/hanging?older_than_ms=0")).contains(id);
        assertThat(ids("/admin/transactions/hanging?older_than_ms=0&prefix=" + encoded(id))).contains(id);
        assertThat(ids("/admin/transactions/hanging?older_than_ms=0&after=" + encoded(id))).doesNotContain(id);
        assertThat(ids("/admin/transactions/hanging")).as("not before it has done so for a while").doesNotContain(id);

        api.post("/admin" + path + "/commit", HttpApi.DIALECT, "{\"producer_epoch\":" + epoch + "}").is(200);

        awaitCommitted(0, "a");
        assertThat(only("/transactions?xid=" + xid).getString("state")).isEqualTo("CompleteCommit");
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    private JsonObject only(String query) {
        List<JsonObject> found = api.get(query).is(200).object().getJsonArray("transactions").getValuesAs(JsonObject.class);
        assertThat(found).hasSize(1);
        return found.get(0);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private List<String> ids(String query) {
        return api.get(query).is(200).object().getJsonArray("transactions").getValuesAs(JsonObject.class).stream()
                .map(each -> each.getString("transactional_id")).toList();
    }

    @Test
    void aListGoesOnBehindItsLastIdWhereMoreIsAskedFor() {
        begin();
        JsonObject all = api.get("/transactions?prefix=" + encoded(id)).is(200).object();
        assertThat(all.getJsonArray("transactions")).hasSize(1);
        assertThat(all.getBoolean("truncated")).isFalse();
        assertThat(ids("/transactions?prefix=" + encoded(id) + "&after=" + encoded(id))).isEmpty();
        JsonObject first = api.get("/transactions?limit=1").is(200).object();
        assertThat(first.getJsonArray("transactions")).hasSize(1);
        if (first.getBoolean("truncated")) {
            assertThat(ids("/transactions?limit=1&after=" + encoded(first.getJsonArray("transactions").getJsonObject(0)
                    .getString("transactional_id")))).hasSize(1);
        }
    }

    @Test
    void whatACoordinatorKnowsIsNotAbortedInAPartitionAlone() {
        int epoch = begin();
        produce(epoch, 0, "a").is(200);
        long producer = api.get(path).is(200).object().getJsonNumber("producer_id").longValue();
        String meant = "{\"topic\":\"%s\",\"partition\":0,\"producer_id\":%d,\"producer_epoch\":%d%s}";
        refused(api.post("/admin/transactions/abort", HttpApi.DIALECT, meant.formatted(topic, producer, epoch, "")), 409,
                "INVALID_TXN_STATE");
        refused(api.post("/admin/transactions/abort", HttpApi.DIALECT, meant.formatted(topic, producer, epoch,
                ",\"first_offset\":1000000")), 404, "TRANSACTIONAL_ID_NOT_FOUND");
        end("commit", epoch).is(200);
        awaitCommitted(0, "a");
        refused(api.post("/admin/transactions/abort", HttpApi.DIALECT, meant.formatted(topic, producer, epoch, "")), 404,
                "TRANSACTIONAL_ID_NOT_FOUND");
        api.post("/admin/transactions/abort", HttpApi.DIALECT, "{\"topic\":\"" + topic + "\",\"partition\":0}").isError(400);
    }

    @Test
    void anOperatorAbortsATransactionThatIsUnderWay() {
        int epoch = begin();
        produce(epoch, 0, "a").is(200);
        refused(api.post("/admin" + path + "/abort", HttpApi.DIALECT, "{\"producer_epoch\":" + (epoch + 7) + "}"), 409, "PRODUCER_FENCED");
        refused(api.post("/admin" + path + "/commit", HttpApi.DIALECT, ""), 409, "INVALID_TXN_STATE");
        api.post("/admin" + path + "/abort", HttpApi.DIALECT, "").is(200);
        refused(end("commit", epoch), 409, "INVALID_TXN_STATE");
        assertThat(committed(0)).isEmpty();
    }

    @Test
    void transactionsAreListedAndDescribed() {
        int epoch = begin();
        produce(epoch, 1, "a").is(200);
        JsonObject described = api.get(path).is(200).object();
        assertThat(described.getString("state")).isEqualTo("Ongoing");
        assertThat(described.getJsonArray("partitions").getJsonObject(0).getString("topic")).isEqualTo(topic);
        assertThat(described.getJsonArray("partitions").getJsonObject(0).getInt("partition")).isEqualTo(1);
        assertThat(described.get("xid")).isEqualTo(JsonValue.NULL);
        assertThat(ids("/transactions?state=ongoing,prepared")).contains(id);
        assertThat(ids("/transactions?state=empty")).doesNotContain(id);
        assertThat(ids("/transactions?older_than_ms=600000")).doesNotContain(id);
        api.get("/transactions?state=unheard").isError(400);
        refused(api.get("/transactions/nobody"), 404, "TRANSACTIONAL_ID_NOT_FOUND");
    }

    // ---- record batches, and producers that count

    private static byte[] batch(long producer, int epoch, int sequence, String value) {
        RecordBatchBuilder builder = new RecordBatchBuilder(Codec.NONE).producer(producer, (short) epoch, sequence).transactional();
        builder.append(1, null, ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8)), List.of());
        ByteBuffer batch = builder.build();
        byte[] bytes = new byte[batch.remaining()];
        batch.get(bytes);
        return bytes;
    }

    @Test
    void recordBatchesSayThemselvesWhoseTheyAre() {
        JsonObject begun = begin(60_000);
        long producer = begun.getJsonNumber("producer_id").longValueExact();
        byte[] batch = batch(producer, 0, 0, "a");
        String raw = "/topics/" + topic + "/partitions/0";
        String header = id.replace(" ", "%20");
        long offset = api.send("POST", raw, HttpApi.BATCH, batch, HEADER, header).is(200).object()
                .getJsonNumber("base_offset").longValueExact();
        assertThat(api.send("POST", raw, HttpApi.BATCH, batch, HEADER, header + ";epoch=0").is(200).object()
                .getJsonNumber("base_offset").longValueExact()).as("sent again").isEqualTo(offset);
        api.send("POST", raw, HttpApi.BATCH, batch, HEADER, header + ";epoch=1").isError(422);
        assertThat(api.post(raw, HttpApi.BATCH, batch).isError(422).message()).contains("transactional id");
        end("commit", 0).is(200);
        awaitCommitted(0, "a");
    }

    @Test
    void aProducerThatCountsIsAnsweredTheSameWhenItSendsAgain() {
        JsonObject begun = begin(60_000);
        String body = "{\"producer_id\":%d,\"producer_epoch\":0,\"base_sequence\":0,\"records\":[{\"value\":\"a\"}]}"
                .formatted(begun.getJsonNumber("producer_id").longValueExact());
        for (int time = 0; time < 3; time++) {
            assertThat(api.send("POST", "/topics/" + topic + "/partitions/0", HttpApi.TEXT, body.getBytes(StandardCharsets.UTF_8), HEADER,
                    id.replace(" ", "%20") + ";epoch=0").is(200).object().getJsonArray("offsets").getJsonObject(0).getInt("offset"))
                    .isZero();
        }
        end("commit", 0).is(200);
        awaitCommitted(0, "a");
    }

    // ---- offsets

    private String consumer(String group) {
        return api.post("/consumers/" + group, HttpApi.DIALECT,
                "{\"name\":\"c\",\"format\":\"text\",\"auto.offset.reset\":\"earliest\",\"enable.auto.commit\":\"false\"}").is(200).object()
                .getString("base_uri");
    }

    private HttpApi.Answer poll(String consumer) {
        return api.send(HttpRequest.newBuilder(URI.create(consumer + "/records?timeout=5000")).header("Accept", HttpApi.TEXT).GET());
    }

    private HttpApi.Answer commitOffsets(int epoch, String group, String member, String memberEpoch, long offset) {
        return api.post(path + "/offsets", HttpApi.DIALECT, ("{\"producer_epoch\":%d,\"group\":\"%s\"%s,\"offsets\":[{\"topic\":\"%s\","
                + "\"partition\":0,\"offset\":%d}]}").formatted(epoch, group, (member == null ? "" : ",\"member\":\"" + member + "\"")
                + (memberEpoch == null ? "" : ",\"member_epoch\":" + memberEpoch), topic, offset));
    }

    private JsonValue committedOffset(String group) {
        return api.get("/admin/groups/" + group).is(200).object().getJsonArray("partitions").getValuesAs(JsonObject.class).stream()
                .filter(each -> each.getInt("partition") == 0).map(each -> each.get("committed_offset")).findFirst().orElse(JsonValue.NULL);
    }

    @Test
    void offsetsAreCommittedWithTheTransactionAndNotBefore() {
        String group = "g" + UUID.randomUUID();
        for (int i = 0; i < 3; i++) {
            api.post("/topics/" + topic + "/partitions/0", HttpApi.TEXT, "{\"records\":[{\"value\":\"in\"}]}").is(200);
        }
        String consumer = consumer(group);
        api.send(HttpRequest.newBuilder(URI.create(consumer + "/subscription")).header("Content-Type", HttpApi.DIALECT)
                .POST(HttpRequest.BodyPublishers.ofString("{\"topics\":[\"" + topic + "\"]}"))).is(204);
        String[] memberEpoch = new String[1];
        await(() -> {
            HttpApi.Answer polled = poll(consumer).is(200);
            memberEpoch[0] = polled.header("Millrace-Member-Epoch");
            assertThat(polled.array()).isNotEmpty();
        });
        int epoch = begin();
        commitOffsets(epoch, group, "c", memberEpoch[0], 2).is(204);
        assertThat(committedOffset(group)).as("not yet").isNotEqualTo(Json.createValue(2));
        end("abort", epoch).is(200);
        commitOffsets(epoch + 1, group, "c", memberEpoch[0], 3).is(204);
        end("commit", epoch + 1).is(200);
        await(() -> assertThat(committedOffset(group)).hasToString("3"));
    }

    @Test
    void offsetsOfWhoeverIsNoConsumerAreForGroupsWithoutConsumers() {
        String group = "g" + UUID.randomUUID();
        api.post("/topics/" + topic + "/partitions/0", HttpApi.TEXT, "{\"records\":[{\"value\":\"in\"}]}").is(200);
        int epoch = begin();
        commitOffsets(epoch, group, null, null, 1).is(204);
        end("commit", epoch).is(200);
        await(() -> assertThat(committedOffset(group)).hasToString("1"));

        String taken = "g" + UUID.randomUUID();
        api.send(HttpRequest.newBuilder(URI.create(consumer(taken) + "/subscription")).header("Content-Type", HttpApi.DIALECT)
                .POST(HttpRequest.BodyPublishers.ofString("{\"topics\":[\"" + topic + "\"]}"))).is(204);
        refused(commitOffsets(epoch + 1, taken, null, null, 1), 409, "GROUP_NOT_EMPTY");
    }

    // ---- bad input

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"{}|400", "{\"transactional_id\":7}|400", "{\"transactional_id\":\"\"}|400",
        "{\"transactional_id\":\"a\",\"timeout_ms\":0}|422", "{\"transactional_id\":\"a\",\"timeout_ms\":99999999}|422",
        "{\"transactional_id\":\"a\",\"timeout_ms\":\"x\"}|400", "{\"transactional_id\":\"a\",\"other\":1}|400", "[]|400", "|400"})
    void whatCannotBeBegunIsRefused(String body, int status) {
        api.post("/transactions", HttpApi.DIALECT, body == null ? "" : body).isError(status);
    }

    @Test
    void aTransactionalIdIsWhatAPathCanCarry() {
        for (String wrong : List.of(".", "..", "a/b", "a\\\\b", ";a", " ", "a\\u0001")) {
            refused(api.post("/transactions", HttpApi.DIALECT, "{\"transactional_id\":\"" + wrong + "\"}"), 400, "INVALID_REQUEST");
        }
        String odd = "%2F;ü+" + UUID.randomUUID();
        String named = "/transactions/" + encoded(odd);
        api.post("/transactions", HttpApi.DIALECT, "{\"transactional_id\":\"" + odd + "\"}").is(201);
        assertThat(api.get(named).is(200).object().getString("transactional_id")).isEqualTo(odd);
        assertThat(api.post(named + "/commit", HttpApi.DIALECT, "{\"producer_epoch\":0}").is(200).object().getString("transactional_id"))
                .isEqualTo(odd);
    }

    @Test
    void whoLooksForAnXidSaysWhich() {
        api.get("/transactions?xid=").isError(400);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"producer_epoch\":-1}", "{\"producer_epoch\":32768}", "{\"producer_epoch\":0,\"producer_id\":-1}",
        "{\"producer_epoch\":0.5}", "{\"producer_epoch\":0,\"x\":1}", ""})
    void anEndNamesTheEpoch(String body) {
        begin();
        api.post(path + "/commit", HttpApi.DIALECT, body).isError(400);
        api.post(path + "/abort", HttpApi.DIALECT, body).isError(400);
        api.post(path + "/prepare", HttpApi.DIALECT, body).isError(400);
    }

    @Test
    void aHeaderThatNamesNoTransactionIsRefused() {
        byte[] body = "{\"records\":[{\"value\":\"a\"}]}".getBytes(StandardCharsets.UTF_8);
        begin();
        String header = id.replace(" ", "%20");
        for (String wrong : List.of(header, header + ";epoch=x", ";epoch=0", header + "%;epoch=0")) {
            api.send("POST", "/topics/" + topic, HttpApi.TEXT, body, HEADER, wrong).isError(400);
        }
        refused(api.send("POST", "/topics/" + topic, HttpApi.TEXT, body, HEADER, "nobody;epoch=0"), 409, "INVALID_PRODUCER_ID_MAPPING");
        api.send("POST", "/topics/" + topic + "?acks=1", HttpApi.TEXT, body, HEADER, header + ";epoch=0").isError(400);
        api.send(HttpRequest.newBuilder(api.base().resolve("/topics/" + topic)).header("Content-Type", HttpApi.TEXT)
                .header(HEADER, header + ";epoch=0").header("Idempotency-Key", "k")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))).isError(400);
        assertThat(read(0, "read_uncommitted")).isEmpty();
        assertThat(read(1, "read_uncommitted")).isEmpty();
    }
}
