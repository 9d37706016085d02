package io.millrace.process.orders;

import io.millrace.ra.MillraceConnection;
import io.millrace.ra.MillraceConnectionFactory;
import jakarta.annotation.Resource;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.resource.ResourceException;
import jakarta.transaction.Transactional;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;

/** Orders are rows in the database and records of the topic {@code orders}: both, or neither. */
@Path("orders")
@ApplicationScoped
public class OrdersResource {
    private static final String TABLE_EXISTS = "X0Y32";

    @Resource(lookup = "jdbc/orders")
    private DataSource database;
    @Resource(lookup = "millrace/orders")
    private MillraceConnectionFactory millrace;
    /** Each connection of it is one of the adapter's, also within one transaction. */
    @Resource(lookup = "millrace/orders", shareable = false)
    private MillraceConnectionFactory unshared;

    /** Creates the table, unless it is there. */
    @PUT
    public void create() throws SQLException {
        try (Connection connection = database.getConnection(); Statement statement = connection.createStatement()) {
            statement.execute("create table orders (id varchar(100) primary key)");
        } catch (SQLException failure) {
            if (!TABLE_EXISTS.equals(failure.getSQLState())) {
                throw failure;
            }
        }
    }

    /** @param fail whether something goes wrong after both were written */
    @POST
    @Path("{id}")
    @Transactional(rollbackOn = Exception.class)
    public void order(@PathParam("id") String id, @QueryParam("fail") boolean fail) throws SQLException, ResourceException {
        insert(id);
        send(id);
        if (fail) {
            throw new IllegalStateException("the order is refused");
        }
    }

    /** Sends only, with the database untouched: one phase is enough. */
    @POST
    @Path("{id}/told")
    @Transactional(rollbackOn = Exception.class)
    public void tell(@PathParam("id") String id) throws ResourceException {
        send(id);
    }

    /** Writes one order to the database and sends it, and its copy, on two connections at once. */
    @POST
    @Path("{id}/copied")
    @Transactional(rollbackOn = Exception.class)
    public void copy(@PathParam("id") String id, @QueryParam("fail") boolean fail) throws SQLException, ResourceException {
        try (MillraceConnection one = unshared.getConnection(); MillraceConnection other = unshared.getConnection()) {
            one.send("orders", id, id);
            insert(id);
            other.send("orders", id, id + "-copy");
            insert(id + "-copy");
        }
        if (fail) {
            throw new IllegalStateException("the order is refused");
        }
    }

    /** Sends without a transaction. @param fail whether something goes wrong after that */
    @POST
    @Path("{id}/untransacted")
    public void untransacted(@PathParam("id") String id, @QueryParam("fail") boolean fail) throws ResourceException {
        send(id);
        if (fail) {
            throw new IllegalStateException("too late");
        }
    }

    private void insert(String id) throws SQLException {
        try (Connection connection = database.getConnection();
             PreparedStatement insert = connection.prepareStatement("insert into orders values (?)")) {
            insert.setString(1, id);
            insert.executeUpdate();
        }
    }

    private void send(String id) throws ResourceException {
        try (MillraceConnection connection = millrace.getConnection()) {
            connection.send("orders", id, id);
        }
    }

    /** What is in the database, a line each. */
    @GET
    @Produces("text/plain")
    public String all() throws SQLException {
        List<String> ids = new ArrayList<>();
        try (Connection connection = database.getConnection(); Statement statement = connection.createStatement();
             ResultSet rows = statement.executeQuery("select id from orders")) {
            while (rows.next()) {
                ids.add(rows.getString(1));
            }
        }
        return String.join("\n", ids);
    }
}
