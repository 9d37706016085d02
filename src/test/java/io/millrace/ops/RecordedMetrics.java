package io.millrace.ops;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.eclipse.microprofile.metrics.Counter;
import org.eclipse.microprofile.metrics.Histogram;
import org.eclipse.microprofile.metrics.Metadata;
import org.eclipse.microprofile.metrics.MetricID;
import org.eclipse.microprofile.metrics.MetricRegistry;
import org.eclipse.microprofile.metrics.Tag;
import org.eclipse.microprofile.metrics.Timer;

/** A metric registry where no server provides one: it knows of each metric what was counted, timed or set. */
final class RecordedMetrics {
    private final Map<MetricID, Supplier<Number>> metrics = new ConcurrentHashMap<>();
    private final AtomicInteger lookUps = new AtomicInteger();

    MetricRegistry registry() {
        return proxy(MetricRegistry.class, (self, method, arguments) -> {
            if (method.getName().equals("remove")) {
                return metrics.remove((MetricID) arguments[0]) != null;
            }
            lookUps.incrementAndGet();
            MetricID id = new MetricID(((Metadata) arguments[0]).getName(), (Tag[]) arguments[arguments.length - 1]);
            return switch (method.getName()) {
                case "gauge" -> gauge(id, arguments[1]);
                case "counter" -> counted(id, Counter.class);
                case "histogram" -> counted(id, Histogram.class);
                case "timer" -> counted(id, Timer.class);
                default -> throw new UnsupportedOperationException(method.toString());
            };
        });
    }

    @SuppressWarnings("unchecked")
    private Object gauge(MetricID id, Object value) {
        metrics.put(id, (Supplier<Number>) value);
        return null;
    }

    private <T> T counted(MetricID id, Class<T> type) {
        AtomicLong sum = new AtomicLong();
        metrics.put(id, sum::get);
        return proxy(type, (self, method, arguments) -> {
            if (arguments == null) {
                sum.incrementAndGet();
            } else if (arguments[0] instanceof Duration duration) {
                sum.addAndGet(duration.toNanos());
            } else {
                sum.addAndGet(((Number) arguments[0]).longValue());
            }
            return null;
        });
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }

    /** Names, and for each the tags and the number, such as {@code records_in{topic=a}}. */
    Map<String, Long> all() {
        return metrics.entrySet().stream().collect(Collectors.toMap(entry -> text(entry.getKey()),
                entry -> entry.getValue().get().longValue()));
    }

    private static String text(MetricID id) {
        String tags = Arrays.stream(id.getTagsAsArray()).map(tag -> tag.getTagName() + "=" + tag.getTagValue())
                .sorted().collect(Collectors.joining(","));
        return tags.isEmpty() ? id.getName() : id.getName() + "{" + tags + "}";
    }

    /** How often someone asked the registry for a metric. */
    int lookUps() {
        return lookUps.get();
    }
}
