package io.millrace.ra;

import io.millrace.client.ProducerRecord;
import io.millrace.client.RecordMetadata;
import java.util.List;

/** What the application has of a managed connection, which the container may exchange for another one beneath it. */
final class ConnectionHandle implements MillraceConnection {
    /** Null: closed. */
    private volatile MillraceManagedConnection connection;

    ConnectionHandle(MillraceManagedConnection connection) {
        this.connection = connection;
    }

    @Override
    public List<RecordMetadata> send(String topic, List<ProducerRecord> records) {
        MillraceManagedConnection open = connection;
        if (open == null) {
            throw new IllegalStateException("the connection is closed: get another one");
        }
        return open.send(topic, records);
    }

    @Override
    public void close() {
        MillraceManagedConnection open = connection;
        if (open != null) {
            connection = null;
            open.closed(this);
        }
    }

    void moveTo(MillraceManagedConnection other) {
        connection = other;
    }

    void invalidate() {
        connection = null;
    }

    MillraceManagedConnection connection() {
        return connection;
    }
}
