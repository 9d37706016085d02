package io.millrace.ra;

import io.millrace.client.ProducerRecord;
import io.millrace.client.RecordMetadata;
import jakarta.resource.ResourceException;
import jakarta.resource.spi.ConnectionEvent;
import jakarta.resource.spi.ConnectionEventListener;
import jakarta.resource.spi.ConnectionRequestInfo;
import jakarta.resource.spi.LocalTransaction;
import jakarta.resource.spi.ManagedConnection;
import jakarta.resource.spi.ManagedConnectionMetaData;
import java.io.PrintWriter;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.security.auth.Subject;
import javax.transaction.xa.XAResource;

/**
 * A connection as the container pools it. There is nothing open beneath it: what it holds is which branch it writes to. Handles are
 * as many as the application has of it.
 */
final class MillraceManagedConnection implements ManagedConnection {
    private final Branches branches;
    private final BranchXAResource resource;
    private final Set<ConnectionHandle> handles = ConcurrentHashMap.newKeySet();
    private final List<ConnectionEventListener> listeners = new CopyOnWriteArrayList<>();
    private volatile PrintWriter logWriter;

    MillraceManagedConnection(Branches branches) {
        this.branches = branches;
        this.resource = new BranchXAResource(branches);
    }

    boolean isOf(Branches others) {
        return branches == others;
    }

    List<RecordMetadata> send(String topic, List<ProducerRecord> records) {
        Branch branch = resource.current();
        return branch == null ? branches.send(topic, records) : branch.send(topic, records);
    }

    void closed(ConnectionHandle handle) {
        handles.remove(handle);
        ConnectionEvent event = new ConnectionEvent(this, ConnectionEvent.CONNECTION_CLOSED);
        event.setConnectionHandle(handle);
        listeners.forEach(each -> each.connectionClosed(event));
    }

    @Override
    public Object getConnection(Subject subject, ConnectionRequestInfo info) {
        ConnectionHandle handle = new ConnectionHandle(this);
        handles.add(handle);
        return handle;
    }

    @Override
    public void associateConnection(Object connection) throws ResourceException {
        if (!(connection instanceof ConnectionHandle handle)) {
            throw new ResourceException("not a connection of this adapter: " + connection);
        }
        MillraceManagedConnection before = handle.connection();
        if (before != null) {
            before.handles.remove(handle);
        }
        handles.add(handle);
        handle.moveTo(this);
    }

    @Override
    public void cleanup() {
        handles.forEach(ConnectionHandle::invalidate);
        handles.clear();
        resource.leave();
    }

    @Override
    public void destroy() {
        cleanup();
    }

    @Override
    public XAResource getXAResource() {
        return resource;
    }

    @Override
    public LocalTransaction getLocalTransaction() {
        return new BranchLocalTransaction(branches, resource);
    }

    @Override
    public void addConnectionEventListener(ConnectionEventListener listener) {
        listeners.add(listener);
    }

    @Override
    public void removeConnectionEventListener(ConnectionEventListener listener) {
        listeners.remove(listener);
    }

    @Override
    public ManagedConnectionMetaData getMetaData() {
        return new ProductMetaData(branches.settings().user());
    }

    @Override
    public PrintWriter getLogWriter() {
        return logWriter;
    }

    @Override
    public void setLogWriter(PrintWriter writer) {
        logWriter = writer;
    }

    private record ProductMetaData(String user) implements ManagedConnectionMetaData {
        @Override
        public String getEISProductName() {
            return "Millrace";
        }

        @Override
        public String getEISProductVersion() {
            return "";
        }

        @Override
        public int getMaxConnections() {
            return 0; // no limit
        }

        @Override
        public String getUserName() {
            return user;
        }
    }
}
