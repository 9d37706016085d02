package io.millrace.bench;

import io.millrace.security.Caller;
import io.millrace.security.Operation;
import io.millrace.security.Permission;
import io.millrace.security.Permissions;
import io.millrace.security.Resource;
import io.millrace.security.ResourcePattern;
import io.millrace.security.ResourceType;
import io.millrace.security.Role;
import io.millrace.security.Subject;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** What it takes to decide on one request, by the number of permissions: half on topics by name, half on prefixes, some nested. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class PermissionsBenchmark {
    private static final int ASKED = 1024;

    /** Permissions, and questions about them. */
    @State(Scope.Benchmark)
    public static class Rules {
        @Param({"10", "10000"})
        private int permissions;
        private Permissions compiled;
        private final List<Caller> callers = new ArrayList<>();
        private final List<Resource> topics = new ArrayList<>();
        private int next;

        @Setup
        public void compile() {
            List<Permission> all = new ArrayList<>();
            for (int i = 0; i < permissions; i++) {
                Subject subject = i % 3 == 0 ? Subject.group("group-" + i % 50) : Subject.principal("principal-" + i % 500);
                ResourcePattern pattern = i % 2 == 0 ? ResourcePattern.of(Resource.topic("topic-" + i))
                        : ResourcePattern.prefix(ResourceType.TOPIC, "topic-" + i % 2_000 + (i % 4 == 1 ? "" : "." + i % 7));
                all.add(new Permission(subject, i % 5 == 0 ? Operation.WRITE : Operation.READ, pattern,
                        i % 11 == 0 ? Permission.Effect.DENY : Permission.Effect.ALLOW));
            }
            compiled = new Permissions(all);
            for (int i = 0; i < ASKED; i++) {
                callers.add(new Caller("principal-" + i % 500, Set.of("group-" + i % 50, "group-" + (i + 7) % 50, "others"),
                        Set.of(Role.CLIENT)));
                topics.add(Resource.topic("topic-" + i * 7 % Math.max(10, permissions) + (i % 3 == 0 ? ".3.more" : "")));
            }
        }
    }

    /** The decision, in ns. */
    @Benchmark
    public boolean decide(Rules rules) {
        int asked = rules.next++ & ASKED - 1;
        return rules.compiled.allows(rules.callers.get(asked), Operation.READ, rules.topics.get(asked));
    }
}
