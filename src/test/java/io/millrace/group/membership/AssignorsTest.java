package io.millrace.group.membership;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.function.Supplier;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class AssignorsTest {
    private static final TopicPartition A0 = new TopicPartition("a", 0);
    private static final TopicPartition A1 = new TopicPartition("a", 1);
    private static final TopicPartition B0 = new TopicPartition("b", 0);
    private static final SampleGroup GROUP = SampleGroup.empty().topic("a", 2).topic("b", 1)
            .member("m1", null, "a").member("m2", null, "a", "b");

    /** Answers whatever it is told to. */
    private record Scripted(String name, Supplier<Map<String, Set<TopicPartition>>> answer) implements Assignor {
        @Override
        public Map<String, Set<TopicPartition>> assign(SortedMap<String, AssignorMember> members,
                SortedMap<String, Integer> topics) {
            return answer.get();
        }
    }

    private static Assignor named(String name) {
        return new Scripted(name, Map::of);
    }

    @Test
    void anApplicationsAssignorIsFoundByServiceLoader() {
        Assignors assignors = Assignors.load();

        assertThat(assignors.find("first-subscriber")).isInstanceOf(FirstSubscriberAssignor.class);
        assertThat(assignors.names()).containsExactly("uniform", "range", "sticky", "first-subscriber");
    }

    @Test
    void aBrokenProviderOfTheContextClassLoaderIsLeftOut(@TempDir Path application) throws Exception {
        Path services = Files.createDirectories(application.resolve("META-INF/services"));
        Files.writeString(services.resolve(Assignor.class.getName()), "missing.From.The.Application\n"
                + FirstSubscriberAssignor.class.getName());
        ClassLoader before = Thread.currentThread().getContextClassLoader();
        try (URLClassLoader loader = new URLClassLoader(new URL[] {application.toUri().toURL()}, before)) {
            Thread.currentThread().setContextClassLoader(loader);

            // The one that both loaders see is there once.
            assertThat(Assignors.load().names()).contains("first-subscriber");
        } finally {
            Thread.currentThread().setContextClassLoader(before);
        }
    }

    @Test
    void theBuiltInOnesAreAlwaysThere() {
        Assignors assignors = Assignors.of(List.of());

        assertThat(assignors.names()).allSatisfy(name -> assertThat(assignors.find(name).name()).isEqualTo(name))
                .containsExactly("uniform", "range", "sticky");
    }

    @Test
    void anUnknownNameIsToldThoseFound() {
        assertThatThrownBy(() -> Assignors.of(List.of(named("by-rack"))).find("by-size"))
                .isInstanceOfSatisfying(BrokerException.class,
                        failure -> assertThat(failure.kind()).isEqualTo(ErrorKind.INVALID_CONFIG))
                .hasMessage("there is no assignor 'by-size', only uniform, range, sticky, by-rack: deploy it with a "
                        + "ServiceLoader entry for io.millrace.group.membership.Assignor");
    }

    @Test
    void twoOfOneNameAreRefused() {
        assertThatIllegalStateException().isThrownBy(() -> Assignors.of(List.of(named("same"), named("same"))))
                .withMessageContaining("two assignors").withMessageContaining("rename");
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", " ", "range", "uniform", "sticky"})
    void anAssignorNeedsANameOfItsOwn(String name) {
        assertThatIllegalStateException().isThrownBy(() -> Assignors.of(List.of(named(name))))
                .withMessageContaining("name of its own");
    }

    @Test
    void anAnswerThatKeepsTheRulesIsTakenAndWhoIsLeftOutGetsNothing() {
        Map<String, Set<TopicPartition>> owned = checked(named("own", Map.of("m2", Set.of(A0, A1, B0))));

        assertThat(owned).isEqualTo(Map.of("m1", Set.of(), "m2", Set.of(A0, A1, B0)));
    }

    @Test
    void whatTheAssignorDoesWithItsAnswerLaterChangesNothing() {
        Set<TopicPartition> kept = new HashSet<>(Set.of(A0, A1, B0));
        Map<String, Set<TopicPartition>> owned = checked(named("own", Map.of("m2", kept)));
        kept.clear();

        assertThat(owned.get("m2")).hasSize(3);
    }

    static Stream<Arguments> wrongAnswers() {
        return Stream.of(
                Arguments.of("null", null, "answered null"),
                Arguments.of("a partition left out", Map.of("m2", Set.of(A0, B0)), "a-1 is given to nobody"),
                Arguments.of("given twice", Map.of("m1", Set.of(A0), "m2", Set.of(A0, A1, B0)), "a-0 is given to mem"),
                Arguments.of("not a subscriber", Map.of("m1", Set.of(B0), "m2", Set.of(A0, A1)), "not subscribe"),
                Arguments.of("unknown member", Map.of("m3", Set.of(), "m2", Set.of(A0, A1, B0)), "no member m3"),
                Arguments.of("unknown partition", Map.of("m2", Set.of(A0, A1, B0, new TopicPartition("a", 2))),
                        "no partition a-2"),
                Arguments.of("negative partition", Map.of("m2", Set.of(A0, A1, B0, new TopicPartition("a", -1))),
                        "no partition a--1"),
                Arguments.of("unknown topic", Map.of("m2", Set.of(A0, A1, B0, new TopicPartition("c", 0))),
                        "no partition c-0"),
                Arguments.of("no topic", Map.of("m2", Set.of(A0, A1, B0, new TopicPartition(null, 0))),
                        "no partition null-0"),
                Arguments.of("null set", with("m1", null), "partitions of member m1 are null"),
                Arguments.of("null member", with(null, Set.of()), "no member null"),
                Arguments.of("null partition", with("m1", new HashSet<>(Arrays.asList(A0, null))),
                        "no partition null"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("wrongAnswers")
    void anAnswerThatBreaksTheRulesIsReplacedByUniforms(String what, Map<String, Set<TopicPartition>> answer,
            String fault) {
        assertThat(AssignmentCheck.fault(answer, GROUP.members(), GROUP.topics())).hasValueSatisfying(
                found -> assertThat(found).contains(fault));
        assertThat(checked(named("wrong", answer))).isEqualTo(GROUP.by(new UniformAssignor()));
    }

    static Stream<Throwable> failures() {
        return Stream.of(new IllegalStateException("for the test"), new NoClassDefFoundError("for the test"),
                new AssertionError("for the test"), new StackOverflowError("for the test"));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void anAssignorThatThrowsIsReplacedByUniform(Throwable failure) {
        Assignor failing = new Scripted("failing", () -> {
            throw AssignorsTest.<RuntimeException>unchecked(failure);
        });

        assertThat(checked(failing)).isEqualTo(GROUP.by(new UniformAssignor()));
    }

    @Test
    void theLogNamesTheAssignorThatWasReplaced() {
        assertThat(logged(() -> checked(named("wrong", Map.of())))).singleElement().satisfies(record -> {
            assertThat(record.getLevel()).isEqualTo(Level.SEVERE);
            assertThat(new SimpleFormatter().formatMessage(record)).contains("'wrong'", Scripted.class.getName(),
                    "a-0 is given to nobody");
        });
        assertThat(logged(() -> checked(new Scripted("failing", null)))).singleElement().satisfies(record -> {
            assertThat(record.getLevel()).isEqualTo(Level.SEVERE);
            assertThat(record.getMessage()).contains(Scripted.class.getName());
            assertThat(record.getThrown()).isInstanceOf(NullPointerException.class);
        });
    }

    @Test
    void anAssignorCannotChangeWhatItIsTold() {
        Assignor meddling = new Assignor() {
            @Override
            public String name() {
                return "meddling";
            }

            @Override
            public Map<String, Set<TopicPartition>> assign(SortedMap<String, AssignorMember> members,
                    SortedMap<String, Integer> topics) {
                members.clear();
                return Map.of();
            }
        };

        assertThat(checked(meddling)).isEqualTo(GROUP.by(new UniformAssignor()));
        assertThat(GROUP.members()).hasSize(2);
    }

    private static List<LogRecord> logged(Runnable work) {
        List<LogRecord> records = new ArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord record) {
                records.add(record);
            }

            @Override
            public void flush() {
                // Nothing is buffered.
            }

            @Override
            public void close() {
                // Nothing is open.
            }
        };
        Logger logger = Logger.getLogger(Assignors.class.getName());
        Level before = logger.getLevel();
        logger.setLevel(Level.ALL); // whatever others silenced above it
        logger.addHandler(handler);
        try {
            work.run();
        } finally {
            logger.removeHandler(handler);
            logger.setLevel(before);
        }
        return records;
    }

    private static Map<String, Set<TopicPartition>> checked(Assignor assignor) {
        return Assignors.checked(assignor, GROUP.members(), GROUP.topics());
    }

    private static Assignor named(String name, Map<String, Set<TopicPartition>> answer) {
        return new Scripted(name, () -> answer);
    }

    private static Map<String, Set<TopicPartition>> with(String id, Set<TopicPartition> partitions) {
        Map<String, Set<TopicPartition>> answer = new HashMap<>();
        answer.put(id, partitions);
        return answer;
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> T unchecked(Throwable failure) throws T {
        throw (T) failure;
    }
}
