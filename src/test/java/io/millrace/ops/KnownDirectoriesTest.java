package io.millrace.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.millrace.agreement.InMemoryNotes;
import io.millrace.log.DirectoryIdentity;
import io.millrace.log.LogObserver;
import io.millrace.log.write.LogDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KnownDirectoriesTest {
    private static final LogDirectory.Options OPTIONS = new LogDirectory.Options(1 << 20, 100, 1000);

    @TempDir
    Path root;
    /** Whether the journal knows any. */
    private boolean topics;
    private final InMemoryNotes notes = new InMemoryNotes();

    /** What a start does with these folders, by a broker with others or without. */
    private List<UUID> start(int broker, boolean alone, Set<UUID> givenUp, boolean topics, String... names) {
        List<LogDirectory> directories = new ArrayList<>();
        try {
            for (String name : names) {
                directories.add(LogDirectory.open(root.resolve(name), OPTIONS, Clock.systemUTC(), LogObserver.NONE));
            }
            new KnownDirectories(notes, broker, alone, givenUp, () -> topics).check(directories);
            return directories.stream().map(directory -> directory.identity().map(DirectoryIdentity::id).orElseThrow())
                    .toList();
        } finally {
            directories.forEach(LogDirectory::close);
        }
    }

    private List<UUID> start(String... names) {
        return start(1, true, Set.of(), topics, names);
    }

    private void log(String name) throws IOException {
        Files.createDirectories(root.resolve(name).resolve("orders-0"));
    }

    private void lose(String name) throws IOException {
        Files.move(root.resolve(name), root.resolve(name + "-lost"));
    }

    @Test
    void directoriesKeepTheirIdentityWhereverTheyAreMountedAndNewOnesMayBeAdded() throws IOException {
        List<UUID> ids = start("a", "b");
        assertThat(start("b", "a")).containsExactly(ids.get(1), ids.get(0));
        Files.move(root.resolve("a"), root.resolve("elsewhere"));
        assertThat(start("elsewhere", "b")).isEqualTo(ids);
        assertThat(start("elsewhere", "b", "c").subList(0, 2)).isEqualTo(ids);
    }

    @Test
    void anEmptyFolderInsteadOfAKnownDirectoryIsRefusedUntilItIsMountedOrGivenUp() throws IOException {
        UUID id = start("a").get(0);
        log("a");
        lose("a");
        for (int i = 0; i < 2; i++) {
            assertThatIllegalStateException().isThrownBy(() -> start("a")).withMessageContaining(id.toString())
                    .withMessageContaining("last at " + root.resolve("a")).withMessageContaining("Mount the disk")
                    .withMessageContaining("millrace.log.dirs.lost");
        }
        assertThat(root.resolve("a/meta.properties")).as("what was refused is not marked").doesNotExist();

        UUID another = start(1, true, Set.of(id), true, "a").get(0);
        assertThat(another).isNotEqualTo(id);
        assertThat(start("a")).as("once is enough").containsExactly(another);
    }

    @Test
    void aKnownDirectoryThatIsNotConfiguredAnyMoreIsMissed() {
        start("a", "b");
        assertThatIllegalStateException().isThrownBy(() -> start("a")).withMessageContaining("millrace.log.dirs");
        start("a", "b");
    }

    @Test
    void aDirectoryWhoseIdentityCannotBeReadIsKnownByItsPlaceAndItsLogs() throws IOException {
        List<UUID> ids = start("a", "b");
        log("a");
        for (String text : new String[] {"", "\u0000", "version=1\nbroker.id=x\n"}) {
            Files.writeString(root.resolve("a/meta.properties"), text);
            assertThat(start("a", "b")).isEqualTo(ids);
        }
        Files.delete(root.resolve("a/meta.properties"));
        assertThat(start("a", "b")).isEqualTo(ids);
    }

    @Test
    void aServerOfAnEarlierVersionIsTakenAsItIs() throws IOException {
        topics = true;
        log("a");
        assertThat(start("a", "b")).hasSize(2).doesNotHaveDuplicates();
    }

    @Test
    void logsBesideANewJournalAreRefusedWhereNoOtherServerKnowsTheirTopics() throws IOException {
        log("a");
        assertThatIllegalStateException().isThrownBy(() -> start(1, true, Set.of(), false, "a"))
                .withMessageContaining("bring the journal back").withMessageContaining("millrace.cluster.journal.dir");
        topics = true;
        start("a");
        notes.clear();
        assertThatIllegalStateException().isThrownBy(() -> start("a")).withMessageContaining("the journal")
                .withMessageContaining("is new");
        assertThat(start(1, false, Set.of(), true, "a")).hasSize(1);
    }

    @Test
    void topicsWithoutAnyLogAreRefusedAlsoWhereNoDirectoryWasKnownYet() throws IOException {
        topics = true;
        assertThatIllegalStateException().isThrownBy(() -> start("a", "b")).withMessageContaining("mount the disk")
                .withMessageContaining(root.resolve("a").toString()).withMessageContaining("millrace.log.dirs");
        assertThat(root.resolve("a/meta.properties")).as("what was refused is not marked").doesNotExist();
        assertThat(notes.read("directories")).isEmpty();
        assertThat(start(1, false, Set.of(), true, "a")).as("others have the records").hasSize(1);
        notes.clear();
        log("b");
        Files.delete(root.resolve("a/meta.properties"));
        assertThat(start("a", "b")).hasSize(2);
    }

    @Test
    void anotherBrokersDirectoryAndACopyAreRefused() throws IOException {
        start("a");
        assertThatIllegalStateException().isThrownBy(() -> start(2, true, Set.of(), true, "a"))
                .withMessageContaining("broker 1").withMessageContaining("this is broker 2");
        Files.createDirectories(root.resolve("b"));
        Files.copy(root.resolve("a/meta.properties"), root.resolve("b/meta.properties"));
        assertThatIllegalStateException().isThrownBy(() -> start("a", "b")).withMessageContaining("is a copy");
    }

    @Test
    void aCrashWhileTheDirectoriesAreMarkedDoesNotMakeThemStrangers() throws IOException {
        UUID id = start("a").get(0);
        String settled = notes.read("directories").orElseThrow();
        notes.write("directories", settled.replace("settled", "pending"));
        Files.delete(root.resolve("a/meta.properties"));
        assertThat(start("a")).containsExactly(id);
        assertThat(notes.read("directories")).contains(settled);
    }
}
