package io.millrace.rest.guard;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.TopicPartition;
import io.millrace.rest.cluster.CallerHeaders;
import io.millrace.rest.dialect.RequestException;
import io.millrace.security.Caller;
import io.millrace.security.Operation;
import io.millrace.security.Resource;
import io.millrace.security.ResourceType;
import io.millrace.security.Role;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;

/** Asks, for the request that the thread is in, whether its caller may do what only the body says. */
@ApplicationScoped
public class Guard {
    @Inject
    Authority authority;
    @Inject
    Audit audit;
    @Inject
    HttpServletRequest request;

    /** Who asks; while security is off nobody knows. On the request's thread only. */
    public Caller caller() {
        return authority.isOn() && request.getAttribute(CallerHeaders.ATTRIBUTE) instanceof Caller caller ? caller : Caller.ANONYMOUS;
    }

    /** Who asks, as a consumer's owner is told: null: it does not matter; empty: nobody knows who. */
    public String asker() {
        Caller caller = caller();
        if (!authority.isOn() || caller.is(Role.ADMIN)) {
            return null;
        }
        return caller.isAnonymous() ? "" : caller.principal();
    }

    /**
     * @throws BrokerException  UNKNOWN_TOPIC for a topic that the caller may not see; UNAVAILABLE
     * @throws RequestException 403
     */
    public void require(Operation operation, Resource resource) {
        if (authority.isOn()) {
            authority.require(caller(), operation, resource);
        }
    }

    /** As {@link #require} to write with a transactional id. */
    public void requireTransactionalId(String id) {
        require(Operation.WRITE, Resource.transactionalId(id));
    }

    /** As {@link #require} to take part in a group. */
    public void requireGroup(String group) {
        require(Operation.READ, Resource.group(group));
    }

    /** Refuses the caller of this request as {@link #requireGroup} does; to be used on any thread. */
    public Runnable takingPart(String group) {
        if (!authority.isOn()) {
            return () -> { };
        }
        Caller caller = caller();
        return () -> authority.require(caller, Operation.READ, Resource.group(group));
    }

    /** As {@link #require} to read each of these topics. */
    public void requireReading(Collection<String> topics) {
        if (authority.isOn()) {
            topics.forEach(topic -> require(Operation.READ, Resource.topic(topic)));
        }
    }

    /** These, when the caller may read the topics of all; else as {@link #require}. */
    public List<TopicPartition> readable(List<TopicPartition> partitions) {
        requireReading(partitions.stream().map(TopicPartition::topic).distinct().toList());
        return partitions;
    }

    /** Which topics the caller of this request may create; to be used on any thread. */
    public Predicate<String> creating() {
        if (!authority.isOn()) {
            return topic -> true;
        }
        Caller caller = caller();
        return topic -> mayCreate(caller, topic);
    }

    /** One may create just that, or any in the cluster. */
    private boolean mayCreate(Caller caller, String topic) {
        return authority.allows(caller, Operation.CREATE, Resource.topic(topic))
                || authority.allows(caller, Operation.CREATE, Resource.CLUSTER);
    }

    /** Refuses who may not create a topic. Both outcomes are written to the audit log. */
    public void requireCreation(String topic) {
        if (!authority.isOn()) {
            return;
        }
        Caller caller = caller();
        boolean allowed = mayCreate(caller, topic);
        act(Operation.CREATE + " " + Resource.topic(topic), allowed);
        if (!allowed) {
            throw Authority.forbidden(caller, Operation.CREATE, Resource.topic(topic));
        }
    }

    /** Writes to the audit log what of an administrative body was done. */
    public void act(String what, boolean allowed) {
        if (authority.isOn()) {
            audit.write(caller(), request.getRemoteAddr(), request.getMethod() + " " + request.getRequestURI(), what, allowed);
        }
    }

    /**
     * Which of the resources of a type the caller of this request may see; to be used on any thread.
     *
     * @param name of such a resource
     */
    public <T> Predicate<T> sees(ResourceType type, Function<T, String> name) {
        if (!authority.isOn()) {
            return each -> true;
        }
        Caller caller = caller();
        return each -> authority.allows(caller, Operation.DESCRIBE, new Resource(type, name.apply(each)));
    }

    /**
     * Refuses topics that the caller of this request may not read with 403; to be used on any thread. One that it may not even see
     * is not named.
     */
    public Consumer<String> reading() {
        if (!authority.isOn()) {
            return topic -> { };
        }
        Caller caller = caller();
        return topic -> {
            if (authority.allows(caller, Operation.READ, Resource.topic(topic))) {
                return;
            } else if (authority.allows(caller, Operation.DESCRIBE, Resource.topic(topic))) {
                throw Authority.forbidden(caller, Operation.READ, Resource.topic(topic));
            }
            throw RequestException.forbidden("the consumer's subscription takes in a topic that '" + caller.principal()
                    + "' may not READ: subscribe to those that it may");
        };
    }
}
