package io.millrace.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.process.RunningServer;
import io.millrace.record.Codec;
import io.millrace.record.RecordBatchBuilder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Answers are bounded by what they cost, not by what the log holds: short values make long lists. */
@ExtendWith(RunningServer.class)
class AnswerSizesIT {
    private static final Pattern OFFSET = Pattern.compile("\"offset\":(\\d+),");
    /** What a list may have beyond four times max_bytes, as the documents say. */
    private static final int SPARE_BYTES = 64 * 1024;

    private final HttpApi api = new HttpApi();
    private final String topic = api.newTopic(1, "{\"max.message.bytes\":\"16000000\"}");
    private final String partition = "/topics/" + topic + "/partitions/0";

    private void produce(Codec codec, int count, String value) {
        ByteBuffer bytes = value == null ? null : ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8));
        RecordBatchBuilder batch = new RecordBatchBuilder(codec);
        for (int i = 0; i < count; i++) {
            batch.append(1, null, bytes == null ? null : bytes.duplicate(), List.of());
        }
        ByteBuffer whole = batch.build();
        byte[] body = new byte[whole.remaining()];
        whole.get(body);
        api.post(partition, HttpApi.BATCH, body).is(200);
    }

    private String consumer() {
        String group = "/consumers/" + topic;
        api.post(group, HttpApi.DIALECT, "{\"name\":\"c\",\"format\":\"json\",\"auto.offset.reset\":\"earliest\","
                + "\"max.poll.records\":10000000}").is(200);
        api.post(group + "/instances/c/subscription", HttpApi.DIALECT, "{\"topics\":[\"" + topic + "\"]}").is(204);
        return group + "/instances/c/records";
    }

    /** Each may come once. */
    private static int note(String list, BitSet seen) {
        int count = 0;
        Matcher matcher = OFFSET.matcher(list);
        while (matcher.find()) {
            int offset = Integer.parseInt(matcher.group(1));
            assertThat(seen.get(offset)).as("record %d came before", offset).isFalse();
            seen.set(offset);
            count++;
        }
        return count;
    }

    @Test
    void recordsWithoutValuesAreBoundedToo() {
        produce(Codec.NONE, 400_000, null);

        HttpApi.Answer fetched = api.get(partition + "/records?offset=7&max_bytes=1", HttpApi.JSON).is(200);
        assertThat(fetched.bytes()).hasSizeBetween(SPARE_BYTES / 2, SPARE_BYTES + 4);
        assertThat(note(fetched.body(), new BitSet())).isEqualTo(Integer.parseInt(fetched.header("Millrace-Next-Offset")) - 7);

        String records = consumer();
        BitSet seen = new BitSet();
        for (int poll = 0; poll < 5; poll++) {
            HttpApi.Answer polled = api.get(records + "?max_bytes=1").is(200);
            assertThat(polled.bytes()).hasSizeLessThanOrEqualTo(SPARE_BYTES + 4);
            assertThat(note(polled.body(), seen)).isPositive();
        }
        assertThat(seen.cardinality()).as("none is left out").isEqualTo(seen.length());
    }

    @Test
    void aCompressedBatchOfShortValuesIsReadToItsEndEachRecordOnce() {
        int count = 800_000;
        produce(Codec.GZIP, count, "1");

        String records = consumer();
        BitSet polled = new BitSet(count);
        while (polled.cardinality() < count) {
            assertThat(note(api.get(records).is(200).body(), polled)).as("after %d", polled.cardinality()).isPositive();
        }
        assertThat(api.get(records).is(200).body()).isEqualTo("[]");

        BitSet fetched = new BitSet(count);
        long next = 0;
        while (next < count) {
            HttpApi.Answer page = api.get(partition + "/records?max_bytes=16777216&offset=" + next, HttpApi.JSON).is(200);
            assertThat(page.bytes()).hasSizeLessThanOrEqualTo(16 << 20);
            assertThat(note(page.body(), fetched)).as("from %d", next).isPositive();
            next = Long.parseLong(page.header("Millrace-Next-Offset"));
            assertThat(fetched.cardinality()).isEqualTo((int) next);
        }
    }

    @Test
    void aRecordThatIsLargerThanTheBoundIsGivenUnlessThatWasRuledOut() {
        produce(Codec.GZIP, 1, "\"" + "x".repeat(1_000_000) + "\"");

        assertThat(api.get(partition + "/records?max_bytes=10", HttpApi.JSON).is(200).bytes()).hasSizeGreaterThan(1_000_000);
        String records = consumer();
        assertThat(api.get(records + "?max_bytes=10").isError(422).message()).contains("raise max_bytes");
        assertThat(api.get(records).is(200).bytes()).hasSizeGreaterThan(1_000_000);
    }
}
