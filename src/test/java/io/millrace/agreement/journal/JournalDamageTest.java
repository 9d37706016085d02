package io.millrace.agreement.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.millrace.agreement.registers.RegisterState;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A journal that is not as it was written is never taken for a smaller one. */
class JournalDamageTest {
    @TempDir
    private Path temp;
    private final RawJournal raw = new RawJournal();

    @AfterEach
    void stop() {
        raw.close();
    }

    private JournalFolder written() {
        JournalFolder folder = new JournalFolder(temp.resolve("written"));
        raw.write(folder.root(), log -> {
            for (int version = 1; version <= 60; version++) {
                log.append(RawJournal.change("k" + version % 7, RawJournal.state(version)));
            }
        });
        assertThat(folder.segments()).hasSizeGreaterThan(3);
        return folder;
    }

    /** The leader epoch is the one field that no checksum covers, and that means nothing here. */
    @Test
    void aFlippedBitIsRefusedOrChangesNothing() throws Exception {
        JournalFolder written = written();
        SortedMap<String, RegisterState> expected = raw.states(written.copyTo(temp.resolve("whole")).root());
        Random choices = new Random(11);
        int refused = 0;
        for (Path segment : written.segments()) {
            for (int i = 0; i < 12; i++) {
                JournalFolder damaged = written.copyTo(temp.resolve(segment.getFileName() + "-" + i));
                Path file = damaged.logFolder().resolve(segment.getFileName());
                long position = choices.nextLong(Files.size(file));
                JournalFolder.flipBit(file, position);
                try {
                    assertThat(raw.states(damaged.root())).as("byte %d of %s", position, file).isEqualTo(expected);
                } catch (DamagedJournalException e) {
                    refused++;
                }
            }
        }
        assertThat(refused).isGreaterThan(8 * written.segments().size());
    }

    @Test
    void aMissingSegmentIsRefusedWhereverItWas() {
        JournalFolder written = written();
        for (Path segment : written.segments()) {
            JournalFolder damaged = written.copyTo(temp.resolve("without-" + segment.getFileName()));
            damaged.deleteSegment(segment);
            assertRefused(damaged);
        }
    }

    @Test
    void aRecordThatIsNoRegisterIsRefused() {
        List<ByteBuffer> strangers = List.of(RawJournal.record("k", "not a state"), RawJournal.record(null, "1"),
            RawJournal.record("k", null));
        for (int i = 0; i < strangers.size(); i++) {
            ByteBuffer stranger = strangers.get(i);
            JournalFolder folder = new JournalFolder(temp.resolve("stranger" + i));
            raw.write(folder.root(), log -> {
                log.append(RawJournal.change("a", RawJournal.state(1)));
                log.append(stranger);
                log.append(RawJournal.change("a", RawJournal.state(2)));
            });
            assertRefused(folder);
        }
    }

    @Test
    void theHighestVersionCountsInWhateverOrderTheyStand() {
        raw.write(temp, log -> {
            for (long version : new long[] {3, 1, 2}) {
                log.append(RawJournal.change("k", RawJournal.state(version)));
            }
        });

        assertThat(raw.states(temp)).isEqualTo(Map.of("k", RawJournal.state(3)));
    }

    private void assertRefused(JournalFolder damaged) {
        assertThatExceptionOfType(DamagedJournalException.class).isThrownBy(() -> raw.states(damaged.root()))
            .withMessageContaining(damaged.root().toString()).withMessageContaining("Put back a copy");
    }
}
