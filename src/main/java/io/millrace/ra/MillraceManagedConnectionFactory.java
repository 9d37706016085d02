package io.millrace.ra;

import jakarta.resource.NotSupportedException;
import jakarta.resource.ResourceException;
import jakarta.resource.spi.ConnectionManager;
import jakarta.resource.spi.ConnectionRequestInfo;
import jakarta.resource.spi.InvalidPropertyException;
import jakarta.resource.spi.ManagedConnection;
import jakarta.resource.spi.ManagedConnectionFactory;
import jakarta.resource.spi.ResourceAdapter;
import jakarta.resource.spi.ResourceAdapterAssociation;
import jakarta.resource.spi.security.PasswordCredential;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import javax.security.auth.Subject;

/** What is configured of a connection factory, by the names of the properties below; see ra.xml for what they mean. */
public final class MillraceManagedConnectionFactory implements ManagedConnectionFactory, ResourceAdapterAssociation {
    private static final long serialVersionUID = 1L;

    private String servers = "http://localhost:9080";
    private String resourceManager = "jta";
    private String user;
    private String password;
    private Integer requestTimeoutSeconds = 30;
    private Integer transactionTimeoutSeconds = 120;
    private transient MillraceResourceAdapter adapter;
    private transient PrintWriter logWriter;

    @Override
    public Object createConnectionFactory(ConnectionManager manager) {
        return new ContainerConnectionFactory(this, manager);
    }

    @Override
    public Object createConnectionFactory() throws NotSupportedException {
        throw new NotSupportedException("this adapter needs an application server");
    }

    @Override
    public ManagedConnection createManagedConnection(Subject subject, ConnectionRequestInfo info) throws ResourceException {
        return new MillraceManagedConnection(adapter.branches(settings(subject)));
    }

    @Override
    @SuppressWarnings("rawtypes")
    public ManagedConnection matchManagedConnections(Set candidates, Subject subject, ConnectionRequestInfo info)
            throws ResourceException {
        Branches wanted = adapter.branches(settings(subject));
        for (Object each : candidates) {
            if (each instanceof MillraceManagedConnection connection && connection.isOf(wanted)) {
                return connection;
            }
        }
        return null;
    }

    /** With the user that the container names, else the configured one. */
    private Settings settings(Subject subject) throws InvalidPropertyException {
        PasswordCredential credential = subject == null ? null : subject.getPrivateCredentials(PasswordCredential.class).stream()
                .filter(each -> equals(each.getManagedConnectionFactory())).findFirst().orElse(null);
        try {
            return new Settings(Settings.servers(servers), resourceManager, credential == null ? user : credential.getUserName(),
                    credential == null ? password : String.valueOf(credential.getPassword()),
                    Duration.ofSeconds(requestTimeoutSeconds), Duration.ofSeconds(transactionTimeoutSeconds));
        } catch (IllegalArgumentException wrong) {
            throw new InvalidPropertyException(wrong.getMessage(), wrong);
        }
    }

    @Override
    public ResourceAdapter getResourceAdapter() {
        return adapter;
    }

    @Override
    public void setResourceAdapter(ResourceAdapter started) {
        adapter = (MillraceResourceAdapter) started;
    }

    @Override
    public PrintWriter getLogWriter() {
        return logWriter;
    }

    @Override
    public void setLogWriter(PrintWriter writer) {
        logWriter = writer;
    }

    public String getServers() {
        return servers;
    }

    public void setServers(String urls) {
        servers = urls;
    }

    public String getResourceManager() {
        return resourceManager;
    }

    public void setResourceManager(String name) {
        resourceManager = name;
    }

    public String getUser() {
        return user;
    }

    public void setUser(String name) {
        user = name;
    }

    public String getPassword() {
        return password;
    }

    public void setPassword(String secret) {
        password = secret;
    }

    public Integer getRequestTimeoutSeconds() {
        return requestTimeoutSeconds;
    }

    public void setRequestTimeoutSeconds(Integer seconds) {
        requestTimeoutSeconds = seconds;
    }

    public Integer getTransactionTimeoutSeconds() {
        return transactionTimeoutSeconds;
    }

    public void setTransactionTimeoutSeconds(Integer seconds) {
        transactionTimeoutSeconds = seconds;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof MillraceManagedConnectionFactory that && Objects.equals(servers, that.servers)
                && Objects.equals(resourceManager, that.resourceManager) && Objects.equals(user, that.user)
                && Objects.equals(password, that.password) && Objects.equals(requestTimeoutSeconds, that.requestTimeoutSeconds)
                && Objects.equals(transactionTimeoutSeconds, that.transactionTimeoutSeconds);
    }

    @Override
    public int hashCode() {
        return Objects.hash(servers, resourceManager, user);
    }
}
