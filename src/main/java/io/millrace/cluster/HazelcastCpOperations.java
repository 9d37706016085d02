package io.millrace.cluster;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.cp.IAtomicReference;
import com.hazelcast.topic.ITopic;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** One atomic reference a name, and a topic for the doorbell. */
final class HazelcastCpOperations implements CpOperations {
    private static final System.Logger LOGGER = System.getLogger(HazelcastCpOperations.class.getName());
    private static final String GROUP = "@registers";
    private static final String DOORBELL = "registers";

    private final HazelcastInstance hazelcast;

    HazelcastCpOperations(HazelcastInstance hazelcast) {
        this.hazelcast = hazelcast;
    }

    @Override
    public String get(String name) {
        return answer(name, () -> reference(name).get());
    }

    @Override
    public Map<String, String> getAll(Collection<String> names) {
        Map<String, CompletionStage<String>> asked = new LinkedHashMap<>();
        names.forEach(name -> asked.put(name, answer(name, () -> reference(name).getAsync())));
        Map<String, String> texts = new HashMap<>();
        asked.forEach((name, stage) -> {
            String text = answer(name, () -> stage.toCompletableFuture().join());
            if (text != null) {
                texts.put(name, text);
            }
        });
        return texts;
    }

    @Override
    public boolean compareAndSet(String name, String expected, String value) {
        return answer(name, () -> reference(name).compareAndSet(expected, value));
    }

    @Override
    public void ring(String key) {
        try {
            doorbell().publish(key);
        } catch (RuntimeException e) {
            LOGGER.log(System.Logger.Level.DEBUG, "nobody was told that register " + key + " changed; whoever needs"
                + " to know polls", e);
        }
    }

    @Override
    public AutoCloseable listen(Consumer<String> listener) {
        return answer(DOORBELL, () -> {
            ITopic<String> doorbell = doorbell();
            UUID registration = doorbell.addMessageListener(message -> listener.accept(message.getMessageObject()));
            return () -> doorbell.removeMessageListener(registration);
        });
    }

    /** Fetched anew each time: a proxy dies with a reset of the CP subsystem. Its name must not hold an at sign. */
    private IAtomicReference<String> reference(String name) {
        return hazelcast.getCPSubsystem().getAtomicReference(URLEncoder.encode(name, StandardCharsets.UTF_8) + GROUP);
    }

    private ITopic<String> doorbell() {
        return hazelcast.getTopic(DOORBELL);
    }

    /** Hazelcast's failures have no common type of their own: some are plain illegal states. */
    private static <T> T answer(String name, Supplier<T> call) {
        try {
            return call.get();
        } catch (RuntimeException e) {
            Throwable cause = e instanceof CompletionException && e.getCause() != null ? e.getCause() : e;
            throw new RegisterUnavailableException("no answer from the cluster about " + name + ": "
                + cause.getMessage(), cause);
        }
    }
}
