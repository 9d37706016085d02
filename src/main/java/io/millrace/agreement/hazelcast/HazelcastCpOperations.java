package io.millrace.agreement.hazelcast;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.cp.IAtomicReference;
import io.millrace.agreement.RegisterUnavailableException;
import io.millrace.agreement.registers.CpOperations;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/** One atomic reference a name, and a topic for the doorbell. */
public final class HazelcastCpOperations implements CpOperations {
    private static final System.Logger LOGGER = System.getLogger(HazelcastCpOperations.class.getName());
    /** The CP group that holds the registers. */
    public static final String GROUP = "registers";
    private static final String DOORBELL = "registers";

    public static final long ANSWER_MILLIS = 5_000;
    /** The time for an answer runs from the question on, so that not all can be asked at once. */
    private static final int CALLS_UNDER_WAY = 64;

    private final Supplier<HazelcastInstance> hazelcast;
    private final Executor executor;
    private final long answerMillis;
    private final List<Consumer<String>> listeners = new CopyOnWriteArrayList<>();
    private volatile Proxies proxies = new Proxies(null);

    /** The references of one instance, until a call fails: a proxy dies with a reset of the CP subsystem. */
    private record Proxies(HazelcastInstance instance, Map<String, IAtomicReference<String>> byName) {
        private Proxies(HazelcastInstance instance) {
            this(instance, new ConcurrentHashMap<>());
        }
    }

    /**
     * @param hazelcast    the member of the moment
     * @param executor     finds out what may block for longer than a call may take
     * @param answerMillis how long a call may take, in ms
     */
    public HazelcastCpOperations(Supplier<HazelcastInstance> hazelcast, Executor executor, long answerMillis) {
        this.hazelcast = hazelcast;
        this.executor = executor;
        this.answerMillis = answerMillis;
    }

    @Override
    public String get(String name) {
        return answer(name, ask(name, IAtomicReference::getAsync));
    }

    @Override
    public Map<String, String> getAll(Collection<String> names) {
        Deque<Map.Entry<String, CompletableFuture<String>>> asked = new ArrayDeque<>();
        Map<String, String> texts = new HashMap<>();
        for (String name : names) {
            if (asked.size() == CALLS_UNDER_WAY) {
                collect(asked.remove(), texts);
            }
            asked.add(Map.entry(name, ask(name, IAtomicReference::getAsync)));
        }
        asked.forEach(one -> collect(one, texts));
        return texts;
    }

    private void collect(Map.Entry<String, CompletableFuture<String>> asked, Map<String, String> texts) {
        String text = answer(asked.getKey(), asked.getValue());
        if (text != null) {
            texts.put(asked.getKey(), text);
        }
    }

    @Override
    public boolean compareAndSet(String name, String expected, String value) {
        return answer(name, ask(name, reference -> reference.compareAndSetAsync(expected, value)));
    }

    @Override
    public Swapped compareAndSetAll(SortedMap<String, Swap> swaps) {
        Deque<Map.Entry<String, CompletableFuture<Boolean>>> asked = new ArrayDeque<>();
        Swapping swapping = new Swapping();
        swaps.forEach((name, swap) -> {
            if (asked.size() == CALLS_UNDER_WAY) {
                swapping.await(asked.remove());
            }
            if (swapping.silence != null) {
                return;
            }
            asked.add(Map.entry(name, ask(name, reference -> reference.compareAndSetAsync(swap.expected(), swap.value()))));
        });
        asked.forEach(swapping::await);
        return new Swapped(swapping.set, swapping.silence);
    }

    /** Compare-and-sets that are under way; after the first that is not answered nobody waits for others, or asks for more. */
    private final class Swapping {
        private final Set<String> set = new TreeSet<>();
        private RegisterUnavailableException silence;

        private void await(Map.Entry<String, CompletableFuture<Boolean>> asked) {
            if (silence != null && !asked.getValue().isDone()) {
                return;
            }
            try {
                if (answer(asked.getKey(), asked.getValue())) {
                    set.add(asked.getKey());
                }
            } catch (RegisterUnavailableException unanswered) {
                silence = unanswered;
            }
        }
    }

    @Override
    public void ring(String key) {
        try {
            Visit.to(() -> {
                hazelcast.get().<String>getTopic(DOORBELL).publish(key);
                return null;
            });
        } catch (RuntimeException e) {
            LOGGER.log(System.Logger.Level.DEBUG, "nobody was told that register " + key + " changed; whoever needs"
                + " to know polls", e);
        }
    }

    @Override
    public AutoCloseable listen(Consumer<String> listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    /** To be called once for each instance: its doorbell rings for all listeners, those to come included. */
    public void connectDoorbell(HazelcastInstance instance) {
        instance.<String>getTopic(DOORBELL).addMessageListener(
            message -> listeners.forEach(listener -> listener.accept(message.getMessageObject())));
    }

    private <T> CompletableFuture<T> ask(String name, Function<IAtomicReference<String>, CompletionStage<T>> call) {
        try {
            HazelcastInstance instance = hazelcast.get();
            Proxies known = proxies;
            if (known.instance() != instance) {
                known = new Proxies(instance);
                proxies = known;
            }
            Map<String, IAtomicReference<String>> references = known.byName();
            IAtomicReference<String> reference = references.get(name);
            if (reference != null) {
                return Visit.to(() -> call.apply(reference).toCompletableFuture());
            }
            return CompletableFuture.supplyAsync(() -> Visit.to(() -> {
                IAtomicReference<String> found = reference(instance, name);
                references.put(name, found);
                return call.apply(found).toCompletableFuture().join();
            }), executor);
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    /** Its name must not hold an at sign. Finding it may block while there is no majority. */
    private static IAtomicReference<String> reference(HazelcastInstance instance, String name) {
        String encoded = URLEncoder.encode(name, StandardCharsets.UTF_8);
        return instance.getCPSubsystem().getAtomicReference(encoded + "@" + GROUP);
    }

    /** Hazelcast's failures have no common type of their own: some are plain illegal states. */
    private <T> T answer(String name, CompletableFuture<T> asked) {
        try {
            return asked.get(answerMillis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RegisterUnavailableException("the wait for the cluster was interrupted", e);
        } catch (ExecutionException e) {
            proxies = new Proxies(null);
            throw unavailable(name, e.getCause().getMessage(), e.getCause());
        } catch (TimeoutException e) {
            proxies = new Proxies(null);
            throw unavailable(name, "not within " + answerMillis + " ms", e);
        }
    }

    private static RegisterUnavailableException unavailable(String name, String reason, Throwable cause) {
        return new RegisterUnavailableException("no answer from the cluster about " + name + ": " + reason, cause);
    }
}
