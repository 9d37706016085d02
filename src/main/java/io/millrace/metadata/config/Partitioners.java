package io.millrace.metadata.config;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.Partitioner;
import java.util.List;
import java.util.Optional;

/** The applications' partitioners that were found when the broker was opened, by name. */
public final class Partitioners {
    /** The built-in one: hash of the key, or round robin without one. */
    static final String DEFAULT = "default";

    private final NamedProviders<Partitioner> applications;

    private Partitioners(NamedProviders<Partitioner> applications) {
        this.applications = applications;
    }

    /** Those that the thread's context class loader or this class's own sees; an application server may set either. */
    public static Partitioners load() {
        return of(NamedProviders.load(Partitioner.class));
    }

    /** @throws IllegalStateException when a name is missing, taken twice, or the built-in one's */
    static Partitioners of(List<Partitioner> partitioners) {
        return new Partitioners(new NamedProviders<>(Partitioner.class, Partitioner::name, List.of(DEFAULT),
                partitioners));
    }

    /**
     * @return empty for the built-in one
     * @throws BrokerException INVALID_CONFIG, listing those found
     */
    public Optional<Partitioner> find(String name) {
        return name.equals(DEFAULT) ? Optional.empty() : Optional.of(applications.find(name));
    }
}
