package io.millrace.rest.stream;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.rest.dialect.RequestException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The streams that are open, which are bounded, for each caller too. Thread-safe. */
public final class OpenStreams {
    private final int most;
    private final String setting;
    /** Guarded by this, as all below; only callers that have some. */
    private final Map<String, Integer> callers = new HashMap<>();
    private final Set<Place> places = new HashSet<>();
    private boolean ended;

    /**
     * @param most    at a time, 2 or more; half of them of one caller
     * @param setting that says so
     */
    public OpenStreams(int most, String setting) {
        this.most = most;
        this.setting = setting;
    }

    /** What is told to end. */
    @FunctionalInterface
    interface Stream {
        /** May come from any thread, more than once. */
        void end(BrokerException why);
    }

    /** One stream's; to be closed when that is over, may be closed again. */
    final class Place implements AutoCloseable {
        private final String caller;
        private final Stream stream;

        private Place(String caller, Stream stream) {
            this.caller = caller;
            this.stream = stream;
        }

        @Override
        public void close() {
            leave(this);
        }
    }

    /**
     * A stream begins.
     *
     * @param caller see {@link io.millrace.rest.cluster.CallerAddress}
     * @throws RequestException 503 when as many are open as may be
     * @throws BrokerException  UNAVAILABLE when this server is about to stop
     */
    synchronized Place open(String caller, Stream stream) {
        if (ended) {
            throw stopping();
        }
        int own = callers.getOrDefault(caller, 0);
        if (own >= most / 2) {
            throw RequestException.overloaded(own + " streams of your address are open, which is as many as may be (half of "
                    + setting + "): end one of them, or try again later");
        } else if (places.size() >= most) {
            throw RequestException.overloaded(most + " streams are open, which is as many as may be (" + setting + "): try again later");
        }
        Place place = new Place(caller, stream);
        places.add(place);
        callers.put(caller, own + 1);
        return place;
    }

    private synchronized void leave(Place place) {
        if (places.remove(place)) {
            callers.computeIfPresent(place.caller, (key, own) -> own == 1 ? null : own - 1);
        }
    }

    /** How many there are now. */
    public synchronized int open() {
        return places.size();
    }

    /** Callers that are kept in mind. */
    synchronized int callers() {
        return callers.size();
    }

    /** Ends those that are open, and those yet to come: clients go on at another server. */
    public void end() {
        List<Place> open;
        synchronized (this) {
            ended = true;
            open = List.copyOf(places);
        }
        open.forEach(place -> place.stream.end(stopping()));
    }

    private static BrokerException stopping() {
        return new BrokerException(ErrorKind.UNAVAILABLE, "this server is about to stop: go on with another server");
    }
}
