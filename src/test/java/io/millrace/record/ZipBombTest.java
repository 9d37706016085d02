package io.millrace.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Few bytes that decompress to many are refused, and what is allocated on the way is far less than what they hold. */
class ZipBombTest {
    private static final int BOMB_BYTES = 256 << 20;
    private static final int ALLOWED_BYTES = 16 << 20;
    private static final BatchValidator.Limits LIMITS = new BatchValidator.Limits(32 << 20, ALLOWED_BYTES);

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @ParameterizedTest
    @EnumSource(value = Codec.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void aBombOfOneRecordIsRefusedByTheLengthOfTheRecord(Codec codec) throws IOException {
        VarintBytes record = new VarintBytes(64, 0);
        record.writeVarint(BOMB_BYTES);
        ByteBuffer bomb = bomb(codec, record.asBuffer());

        assertThat(allocatedByRefusing(bomb)).isLessThan(4 << 20);
    }

    @ParameterizedTest
    @EnumSource(value = Codec.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void aBombOfManyRecordsIsRefusedWhenTheBoundIsPassed(Codec codec) throws IOException {
        RecordBatchBuilder builder = new RecordBatchBuilder(codec);
        ByteBuffer zeros = ByteBuffer.allocate(1 << 20);
        for (int i = 0; i < 32; i++) {
            builder.append(0, null, zeros, List.of());
        }
        ByteBuffer bomb = builder.build();

        assertThat(allocatedByRefusing(bomb)).isLessThan(4 << 20);
    }

    @ParameterizedTest
    @EnumSource(value = Codec.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void aLargeRecordUnderTheBoundIsCheckedWithoutBeingHeld(Codec codec) {
        RecordBatchBuilder builder = new RecordBatchBuilder(codec);
        builder.append(0, null, ByteBuffer.allocate(ALLOWED_BYTES - 1000), List.of());
        ByteBuffer batch = builder.build();

        long before = threads.getCurrentThreadAllocatedBytes();
        assertThat(BatchValidator.validate(batch, LIMITS)).hasSize(1);
        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(4 << 20);
    }

    @ParameterizedTest
    @EnumSource(value = Codec.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void aRecordThatClaimsToBeHugeIsNotAllocatedWhenItIsRead(Codec codec) throws IOException {
        VarintBytes records = new VarintBytes(64, 0);
        records.writeVarint(Integer.MAX_VALUE);
        records.write(new byte[100], 0, 100);
        VarintBytes out = new VarintBytes(64, 0);
        try (OutputStream compressor = codec.compress(out)) {
            compressor.write(records.array(), 0, records.size());
        }
        byte[] exact = new byte[out.size()];
        out.asBuffer().get(exact);
        RecordBatch batch = RecordBatch.at(BatchBytes.batchOver(codec, 1, exact));

        long before = threads.getCurrentThreadAllocatedBytes();
        assertThatThrownBy(() -> batch.records().next()).isInstanceOf(InvalidBatchException.class);
        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(4 << 20);
    }

    static Stream<Arguments> claims() {
        return Stream.of(
            arguments("a framed snappy block of 256 MiB", Codec.SNAPPY,
                "82534e41505059000000000100000001100000000102030405"),
            arguments("a framed snappy block of 2 GiB", Codec.SNAPPY,
                "82534e415050590000000001000000017fffffff0102030405"),
            arguments("a framed snappy block that makes 2 GiB", Codec.SNAPPY,
                "82534e4150505900000000010000000100000007ffffffff070000"),
            arguments("a snappy block without framing that makes 2 GiB", Codec.SNAPPY, "ffffffff070000"),
            arguments("an lz4 frame of 4 MiB blocks", Codec.LZ4, "04224d186070730300008001020304"),
            arguments("a zstd frame of 2 GiB in one segment", Codec.ZSTD, "28b52ffda0ffffff7f01000001"),
            arguments("a gzip header with a name without end", Codec.GZIP, "1f8b0808000000000003414141414141"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("claims")
    void aClaimOfAFewBytesIsNotAllocated(String name, Codec codec, String hex) {
        ByteBuffer batch = BatchBytes.batchOver(codec, 1, HexFormat.of().parseHex(hex));

        long before = threads.getCurrentThreadAllocatedBytes();
        assertThatThrownBy(() -> BatchValidator.validate(batch, LIMITS)).isInstanceOf(InvalidBatchException.class);
        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(4 << 20);
    }

    @Test
    void validationOfPlainRecordsAllocatesNothingPerRecord() {
        RecordBatchBuilder builder = new RecordBatchBuilder(Codec.NONE);
        for (int i = 0; i < 100_000; i++) {
            builder.append(i, null, ByteBuffer.allocate(10), List.of());
        }
        ByteBuffer batch = builder.build();
        BatchValidator.validate(batch, LIMITS);

        long before = threads.getCurrentThreadAllocatedBytes();
        BatchValidator.validate(batch, LIMITS);
        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(64 << 10);
    }

    private long allocatedByRefusing(ByteBuffer bomb) {
        long before = threads.getCurrentThreadAllocatedBytes();
        assertThatThrownBy(() -> BatchValidator.validate(bomb, LIMITS)).isInstanceOf(BatchTooLargeException.class)
            .hasMessageContaining("after decompression");
        return threads.getCurrentThreadAllocatedBytes() - before;
    }

    private static ByteBuffer bomb(Codec codec, ByteBuffer start) throws IOException {
        VarintBytes out = new VarintBytes(1 << 20, 0);
        try (OutputStream compressor = codec.compress(out)) {
            compressor.write(start.array(), 0, start.remaining());
            byte[] zeros = new byte[1 << 20];
            for (int i = 0; i < BOMB_BYTES >> 20; i++) {
                compressor.write(zeros);
            }
        }
        byte[] exact = new byte[out.size()];
        out.asBuffer().get(exact);
        return BatchBytes.batchOver(codec, 1, exact);
    }
}
