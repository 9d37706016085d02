package com.example.billing;

import jakarta.annotation.PreDestroy;
import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.Startup;
import jakarta.inject.Inject;
import jakarta.ws.rs.client.Client;
import jakarta.ws.rs.client.ClientBuilder;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Bills while the application runs. */
@ApplicationScoped
public class BillingLifecycle {
    @Resource
    private ManagedExecutorService executor;
    /** Base URLs of Millrace's servers, separated by commas. */
    @Inject
    @ConfigProperty(name = "billing.servers", defaultValue = "http://localhost:9080")
    private List<String> servers;
    /** Of this instance: another one must have another name. */
    @Inject
    @ConfigProperty(name = "billing.instance", defaultValue = "billing-1")
    private String instance;

    private Billing billing;

    void start(@Observes Startup started) {
        Client client = ClientBuilder.newBuilder().connectTimeout(2, TimeUnit.SECONDS).readTimeout(30, TimeUnit.SECONDS).build();
        billing = new Billing(new Millrace(client, servers), instance);
        executor.execute(() -> {
            try (client) {
                billing.run();
            }
        });
    }

    @PreDestroy
    void stop() {
        billing.stop();
    }
}
