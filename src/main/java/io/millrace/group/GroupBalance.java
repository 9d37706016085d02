package io.millrace.group;

import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import java.lang.System.Logger.Level;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Gives partitions of the offsets topic back to their preferred leaders, group by group handed over before, so that those go
 * on where this broker was. Used by one task at a time.
 */
final class GroupBalance {
    private static final System.Logger LOG = System.getLogger(GroupBalance.class.getName());

    private final GroupContext context;
    private final GroupTable groups;
    private final Consumer<Group> letGo;
    private Set<Integer> before = Set.of();

    /** @param letGo takes a group that was handed over out of memory */
    GroupBalance(GroupContext context, GroupTable groups, Consumer<Group> letGo) {
        this.context = context;
        this.groups = groups;
        this.letGo = letGo;
    }

    /** Gives those back that could have been given back the last time as well. @param led partitions that this broker leads */
    void look(Collection<Integer> led) {
        Set<Integer> borrowed = new HashSet<>(led);
        borrowed.removeIf(partition -> !context.coordination().isBorrowed(partition));
        borrowed.stream().filter(before::contains).forEach(this::giveBack);
        before = borrowed;
    }

    private void giveBack(int partition) {
        List<Group> its = groups.loaded().stream().filter(group -> group.led().partition() == partition).toList();
        CompletableFuture.allOf(its.stream().map(Group::handOver).toArray(CompletableFuture[]::new))
                .thenRunAsync(() -> context.coordination().giveBack(partition), context.workers())
                .whenComplete((done, failure) -> {
                    if (failure != null) {
                        notNow(partition, BrokerErrors.outcome(failure));
                    }
                    its.forEach(letGo); // they have let go of their consumers, and are loaded again where they are asked for
                });
    }

    private static void notNow(int partition, Throwable failure) {
        String what = "partition " + partition + " of the offsets topic could not be given back now, which is tried again";
        if (failure instanceof BrokerException) {
            LOG.log(Level.INFO, "{0}: {1}", what, failure.getMessage());
        } else {
            LOG.log(Level.ERROR, what, failure);
        }
    }
}
