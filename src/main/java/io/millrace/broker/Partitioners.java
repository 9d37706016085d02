package io.millrace.broker;

import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.TreeMap;

/** The applications' partitioners that were found when the broker was opened, by name. */
final class Partitioners {
    /** The built-in one: hash of the key, or round robin without one. */
    static final String DEFAULT = "default";
    private static final System.Logger LOG = System.getLogger(Partitioners.class.getName());

    private final Map<String, Partitioner> byName;

    private Partitioners(Map<String, Partitioner> byName) {
        this.byName = byName;
    }

    /** Those that the thread's context class loader or this class's own sees; an application server may set either. */
    static Partitioners load() {
        List<Partitioner> found = new ArrayList<>();
        ClassLoader own = Partitioners.class.getClassLoader();
        ClassLoader context = Thread.currentThread().getContextClassLoader();
        addAll(ServiceLoader.load(Partitioner.class, own), found);
        if (context != null && context != own) {
            addAll(ServiceLoader.load(Partitioner.class, context), found);
        }
        return of(found);
    }

    /** @throws IllegalStateException when a name is missing, taken twice, or the built-in one's */
    static Partitioners of(List<Partitioner> partitioners) {
        Map<String, Partitioner> byName = new TreeMap<>();
        for (Partitioner partitioner : partitioners) {
            String name = partitioner.name();
            if (name == null || name.isBlank() || name.equals(DEFAULT)) {
                throw new IllegalStateException("partitioner %s calls itself '%s': give it a name of its own"
                        .formatted(partitioner.getClass().getName(), name));
            }
            Partitioner other = byName.putIfAbsent(name, partitioner);
            if (other != null) {
                throw new IllegalStateException("two partitioners are called '%s', %s and %s: rename one of them"
                        .formatted(name, other.getClass().getName(), partitioner.getClass().getName()));
            }
        }
        return new Partitioners(byName);
    }

    /**
     * @return empty for the built-in one
     * @throws BrokerException INVALID_CONFIG, listing those found
     */
    Optional<Partitioner> find(String name) {
        if (name.equals(DEFAULT)) {
            return Optional.empty();
        }
        Partitioner found = byName.get(name);
        if (found == null) {
            List<String> names = new ArrayList<>(List.of(DEFAULT));
            names.addAll(byName.keySet());
            throw new BrokerException(ErrorKind.INVALID_CONFIG,
                    "there is no partitioner '%s', only %s: deploy it with a ServiceLoader entry for %s".formatted(
                            TopicName.shortened(name), String.join(", ", names), Partitioner.class.getName()));
        }
        return Optional.of(found);
    }

    private static void addAll(ServiceLoader<Partitioner> loader, List<Partitioner> found) {
        Iterator<Partitioner> providers = loader.iterator();
        while (true) {
            try {
                if (!providers.hasNext()) {
                    return;
                }
                Partitioner partitioner = providers.next();
                if (found.stream().noneMatch(known -> known.getClass() == partitioner.getClass())) {
                    found.add(partitioner);
                }
            } catch (ServiceConfigurationError broken) {
                // One broken provider must not keep the others from being found; a topic that names it is told so.
                LOG.log(Level.ERROR, "a partitioner could not be loaded and is left out: {0}", broken.getMessage());
            }
        }
    }
}
