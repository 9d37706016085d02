package io.millrace.agreement.hazelcast;

import com.hazelcast.internal.namespace.impl.NodeEngineThreadLocalContext;
import java.util.function.Supplier;

/**
 * A call of Hazelcast that leaves the calling thread as it was. Hazelcast notes its instance in a thread local variable
 * of whoever asks it for something, and does not take it back. On a thread of the container, which outlives the
 * application, that would keep all classes of the application in memory.
 */
final class Visit {
    private Visit() {
    }

    /** Returns or throws what the call does. */
    static <T> T to(Supplier<T> call) {
        boolean isGuest = NodeEngineThreadLocalContext.getNodeEngineThreadLocalContextOrNull() == null;
        try {
            return call.get();
        } finally {
            if (isGuest) {
                NodeEngineThreadLocalContext.destroyNodeEngineReference();
            }
        }
    }
}
