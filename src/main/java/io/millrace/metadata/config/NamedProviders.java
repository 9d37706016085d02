package io.millrace.metadata.config;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicName;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

/** What applications bring of one service, by the name that each provider gives itself. */
public final class NamedProviders<T> {
    private static final System.Logger LOG = System.getLogger(NamedProviders.class.getName());

    private final Class<T> service;
    private final Set<String> names;
    private final Map<String, T> byName = new TreeMap<>();

    /**
     * @param builtIn names that no provider may take
     * @throws IllegalStateException when a name is missing, taken twice, or a built-in one's
     */
    public NamedProviders(Class<T> service, Function<T, String> naming, Collection<String> builtIn,
            List<T> providers) {
        this.service = service;
        for (T provider : providers) {
            String name = naming.apply(provider);
            if (name == null || name.isBlank() || builtIn.contains(name)) {
                throw new IllegalStateException("%s %s calls itself '%s': give it a name of its own"
                        .formatted(kind(service), provider.getClass().getName(), name));
            }
            T other = byName.putIfAbsent(name, provider);
            if (other != null) {
                throw new IllegalStateException("two %ss are called '%s', %s and %s: rename one of them".formatted(
                        kind(service), name, other.getClass().getName(), provider.getClass().getName()));
            }
        }
        Set<String> all = new LinkedHashSet<>(builtIn);
        all.addAll(byName.keySet());
        names = Collections.unmodifiableSet(all);
    }

    /**
     * One of each class that the service's own class loader or the thread's context class loader sees; an application
     * server may set either. Those that cannot be loaded are logged and left out.
     */
    public static <T> List<T> load(Class<T> service) {
        List<T> found = new ArrayList<>();
        ClassLoader own = service.getClassLoader();
        ClassLoader context = Thread.currentThread().getContextClassLoader();
        addAll(service, own, found);
        if (context != null && context != own) {
            addAll(service, context, found);
        }
        return found;
    }

    /** @throws BrokerException INVALID_CONFIG, listing those there are: no provider has the name */
    public T find(String name) {
        T found = byName.get(name);
        if (found == null) {
            throw new BrokerException(ErrorKind.INVALID_CONFIG,
                    "there is no %s '%s', only %s: deploy it with a ServiceLoader entry for %s".formatted(
                            kind(service), TopicName.shortened(name), String.join(", ", names), service.getName()));
        }
        return found;
    }

    /** The built-in names, and those of the providers. */
    public Set<String> names() {
        return names;
    }

    private static <T> void addAll(Class<T> service, ClassLoader loader, List<T> found) {
        Iterator<T> providers = ServiceLoader.load(service, loader).iterator();
        while (true) {
            try {
                if (!providers.hasNext()) {
                    return;
                }
                T provider = providers.next();
                if (found.stream().noneMatch(known -> known.getClass() == provider.getClass())) {
                    found.add(provider);
                }
            } catch (ServiceConfigurationError broken) {
                // One broken provider must not keep the others from being found; who names it is told so.
                LOG.log(Level.ERROR, "a provider of {0} could not be loaded and is left out: {1}", service.getName(),
                        broken.getMessage());
            }
        }
    }

    private static String kind(Class<?> service) {
        return service.getSimpleName().toLowerCase(Locale.ROOT);
    }
}
