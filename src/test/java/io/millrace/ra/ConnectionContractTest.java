package io.millrace.ra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.client.FakeMillrace.Fault;
import io.millrace.client.FakeMillrace;
import io.millrace.client.ProducerRecord;
import io.millrace.client.RequestFailedException;
import io.millrace.transaction.state.TransactionState;
import jakarta.resource.ResourceException;
import jakarta.resource.spi.ConnectionEvent;
import jakarta.resource.spi.ConnectionEventListener;
import jakarta.resource.spi.ConnectionManager;
import jakarta.resource.spi.InvalidPropertyException;
import jakarta.resource.spi.LocalTransaction;
import jakarta.resource.spi.LocalTransactionException;
import jakarta.resource.spi.security.PasswordCredential;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import javax.security.auth.Subject;
import javax.transaction.xa.XAResource;
import javax.transaction.xa.Xid;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** What the container is promised, by a container that has a pool of one connection. */
class ConnectionContractTest {
    private static final Xid ONE = TestXid.of("one");

    private final FakeMillrace server = new FakeMillrace(0);
    private final MillraceResourceAdapter adapter = new MillraceResourceAdapter();
    private final MillraceManagedConnectionFactory factory = new MillraceManagedConnectionFactory();
    private final List<Object> closed = new ArrayList<>();
    private MillraceManagedConnection pooled;
    private MillraceConnectionFactory connections;

    @BeforeEach
    void start() throws ResourceException {
        adapter.start(null);
        factory.setResourceAdapter(adapter);
        factory.setServers(" http://localhost:1/, " + server.url() + "/ ");
        factory.setRequestTimeoutSeconds(1);
        pooled = (MillraceManagedConnection) factory.createManagedConnection(null, null);
        pooled.addConnectionEventListener(new Closings());
        connections = (MillraceConnectionFactory) factory.createConnectionFactory(
                (ConnectionManager) (wanted, info) -> pooled.getConnection(null, info));
    }

    @AfterEach
    void stop() {
        adapter.stop();
        server.close();
    }

    private final class Closings implements ConnectionEventListener {
        @Override
        public void connectionClosed(ConnectionEvent event) {
            closed.add(event.getConnectionHandle());
        }

        @Override
        public void localTransactionStarted(ConnectionEvent event) {
            throw new AssertionError();
        }

        @Override
        public void localTransactionCommitted(ConnectionEvent event) {
            throw new AssertionError();
        }

        @Override
        public void localTransactionRolledback(ConnectionEvent event) {
            throw new AssertionError();
        }

        @Override
        public void connectionErrorOccurred(ConnectionEvent event) {
            throw new AssertionError();
        }
    }

    @Test
    void whatIsSentWithoutATransactionIsThereAtOnce() throws ResourceException {
        try (MillraceConnection connection = connections.getConnection()) {
            assertThat(connection.send("orders", "k", "text").offset()).isZero();
            assertThat(connection.send("orders", new byte[] {'b'}, new byte[] {'y'}).offset()).isEqualTo(1);
            assertThat(connection.send("orders", ProducerRecord.of("p", "q").to(2)).partition()).isEqualTo(2);
        }
        assertThat(server.committed("orders")).containsExactly("k=text", "b=y", "p=q");
        assertThat(server.requests("/transactions")).isEmpty();
    }

    @Test
    void aConnectionThatIsClosedWithinTheTransactionBelongsToItStill() throws Exception {
        XAResource resource = pooled.getXAResource();
        resource.start(ONE, XAResource.TMNOFLAGS);
        MillraceConnection first = connections.getConnection();
        MillraceConnection second = connections.getConnection();
        first.send("orders", "k", "a");
        first.close();
        first.close();
        second.send("orders", "k", "b");
        second.close();
        assertThat(closed).containsExactly(first, second);
        resource.end(ONE, XAResource.TMSUCCESS);
        pooled.cleanup();
        assertThat(server.committed("orders")).isEmpty();
        pooled.getXAResource().commit(ONE, true);
        assertThat(server.committed("orders")).containsExactly("k=a", "k=b");
    }

    @Test
    void aConnectionThatIsClosedOrTakenBackSendsNothing() throws ResourceException {
        MillraceConnection mine = connections.getConnection();
        mine.close();
        MillraceConnection taken = connections.getConnection();
        pooled.cleanup();
        for (MillraceConnection each : List.of(mine, taken)) {
            assertThatThrownBy(() -> each.send("orders", "k", "v")).isInstanceOf(IllegalStateException.class);
        }
        assertThat(server.requests("")).isEmpty();
    }

    @Test
    void theNextUserOfAConnectionIsNotInTheTransactionBefore() throws Exception {
        pooled.getXAResource().start(ONE, XAResource.TMNOFLAGS);
        pooled.cleanup();
        connections.getConnection().send("orders", "k", "v");
        assertThat(server.committed("orders")).containsExactly("k=v");
    }

    @Test
    void aHandleFollowsWhenTheContainerMovesIt() throws Exception {
        MillraceManagedConnection other = (MillraceManagedConnection) factory.createManagedConnection(null, null);
        MillraceConnection connection = connections.getConnection();
        other.associateConnection(connection);
        pooled.cleanup();
        other.getXAResource().start(ONE, XAResource.TMNOFLAGS);
        connection.send("orders", "k", "v");
        assertThat(server.states().values()).containsExactly(TransactionState.ONGOING);
        assertThatThrownBy(() -> other.associateConnection("?")).isInstanceOf(ResourceException.class);
    }

    @Test
    void aLocalTransactionIsOneOfMillraceAlone() throws ResourceException {
        LocalTransaction local = pooled.getLocalTransaction();
        MillraceConnection connection = connections.getConnection();
        local.begin();
        connection.send("orders", "k", "a");
        assertThatThrownBy(() -> pooled.getLocalTransaction().begin()).isInstanceOf(LocalTransactionException.class);
        assertThat(server.committed("orders")).isEmpty();
        local.commit();
        local.begin();
        connection.send("orders", "k", "b");
        local.rollback();
        assertThatThrownBy(local::commit).isInstanceOf(LocalTransactionException.class);
        local.begin();
        server.failNext("/topics", Fault.ANSWER_LOST);
        assertThatThrownBy(() -> connection.send("orders", "k", "c")).isInstanceOf(RequestFailedException.class);
        assertThatThrownBy(local::commit).isInstanceOf(LocalTransactionException.class);
        connection.send("orders", "k", "d");
        assertThat(server.committed("orders")).containsExactly("k=a", "k=d");
    }

    @Test
    void aConnectionIsOfTheUserThatTheContainerNamesElseOfTheConfiguredOne() throws Exception {
        factory.setUser("app");
        factory.setPassword("secret");
        PasswordCredential credential = new PasswordCredential("container", "hidden".toCharArray());
        credential.setManagedConnectionFactory(factory);
        Subject subject = new Subject(false, Set.of(), Set.of(), Set.of(credential));
        MillraceManagedConnection configured = (MillraceManagedConnection) factory.createManagedConnection(null, null);
        MillraceManagedConnection named = (MillraceManagedConnection) factory.createManagedConnection(subject, null);
        assertThat(configured.getMetaData().getUserName()).isEqualTo("app");
        assertThat(named.getMetaData().getUserName()).isEqualTo("container");
        Set<Object> pool = Set.of(pooled, configured, named);
        assertThat(factory.matchManagedConnections(pool, subject, null)).isSameAs(named);
        assertThat(factory.matchManagedConnections(pool, null, null)).isSameAs(configured);
        assertThat(factory.matchManagedConnections(Set.of(named), null, null)).isNull();
        server.require("container", "hidden");
        ((MillraceConnection) named.getConnection(subject, null)).send("orders", "k", "v");
        assertThat(server.committed("orders")).containsExactly("k=v");
        assertThat(named.getXAResource().isSameRM(configured.getXAResource())).isFalse();
        assertThat(pooled.getXAResource().isSameRM(configured.getXAResource())).isFalse();
    }

    @Test
    void aWrongPropertyIsSaid() {
        Map<String, Runnable> wrong = new HashMap<>();
        wrong.put("servers: name at least one", () -> factory.setServers(" , "));
        wrong.put("servers: URLs such as", () -> factory.setServers("ftp://host"));
        wrong.put("resourceManager: 1 to 64", () -> factory.setResourceManager("a~b"));
        wrong.put("at least 1 is expected", () -> factory.setTransactionTimeoutSeconds(0));
        wrong.forEach((message, mistake) -> {
            factory.setServers(server.url().toString());
            factory.setResourceManager("jta");
            factory.setTransactionTimeoutSeconds(1);
            mistake.run();
            assertThatThrownBy(() -> factory.createManagedConnection(null, null)).isInstanceOf(InvalidPropertyException.class)
                    .hasMessageContaining(message);
        });
    }

    @Test
    void whatCouldNotBeAbortedTheAdapterAbortsByItself() throws Exception {
        XAResource resource = pooled.getXAResource();
        resource.start(ONE, XAResource.TMNOFLAGS);
        connections.getConnection().send("orders", "k", "v");
        resource.end(ONE, XAResource.TMSUCCESS);
        server.stop();
        resource.rollback(ONE);
        server.startAgain();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!server.states().containsValue(TransactionState.COMPLETE_ABORT)) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
        }
    }

    @Test
    void theDescriptorHasTheClassesAndPropertiesThatThereAre() throws Exception {
        Element descriptor = DocumentBuilderFactory.newInstance().newDocumentBuilder()
                .parse(Path.of("src/main/rar/META-INF/ra.xml").toFile()).getDocumentElement();
        for (String each : List.of("resourceadapter-class", "managedconnectionfactory-class", "connectionfactory-interface",
                "connectionfactory-impl-class", "connection-interface", "connection-impl-class")) {
            assertThat(Class.forName(text(descriptor, each)).getPackage()).isEqualTo(MillraceConnection.class.getPackage());
        }
        NodeList properties = descriptor.getElementsByTagName("config-property");
        assertThat(properties.getLength()).isEqualTo(6);
        MillraceManagedConnectionFactory untouched = new MillraceManagedConnectionFactory();
        for (int i = 0; i < properties.getLength(); i++) {
            Element property = (Element) properties.item(i);
            String name = text(property, "config-property-name");
            String accessor = Character.toUpperCase(name.charAt(0)) + name.substring(1);
            Class<?> type = Class.forName(text(property, "config-property-type"));
            assertThat(MillraceManagedConnectionFactory.class.getMethod("set" + accessor, type)).isNotNull();
            Object preset = MillraceManagedConnectionFactory.class.getMethod("get" + accessor).invoke(untouched);
            assertThat(preset == null ? null : preset.toString()).as(name).isEqualTo(text(property, "config-property-value"));
        }
    }

    private static String text(Element parent, String name) {
        NodeList found = parent.getElementsByTagName(name);
        return found.getLength() == 0 ? null : found.item(0).getTextContent().trim();
    }

    @Test
    void nobodyReadsThePasswordInALog() {
        assertThat(new Settings(Settings.servers("http://localhost:9080"), "jta", "app", "secret", Duration.ofSeconds(1),
                Duration.ofSeconds(1)).toString()).contains("app", "9080").doesNotContain("secret");
    }
}
