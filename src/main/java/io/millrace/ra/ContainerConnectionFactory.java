package io.millrace.ra;

import jakarta.resource.ResourceException;
import jakarta.resource.spi.ConnectionManager;
import javax.naming.Reference;

/** Connections from the container's pool. */
final class ContainerConnectionFactory implements MillraceConnectionFactory {
    private static final long serialVersionUID = 1L;

    private final MillraceManagedConnectionFactory factory;
    private final ConnectionManager manager;
    private Reference reference;

    ContainerConnectionFactory(MillraceManagedConnectionFactory factory, ConnectionManager manager) {
        this.factory = factory;
        this.manager = manager;
    }

    @Override
    public MillraceConnection getConnection() throws ResourceException {
        return (MillraceConnection) manager.allocateConnection(factory, null);
    }

    @Override
    public Reference getReference() {
        return reference;
    }

    @Override
    public void setReference(Reference named) {
        reference = named;
    }
}
