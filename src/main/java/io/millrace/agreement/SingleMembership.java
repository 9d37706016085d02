package io.millrace.agreement;

import java.util.List;

/** One broker alone. */
public record SingleMembership(Member self) implements Membership {
    @Override
    public List<Member> live() {
        return List.of(self);
    }

    @Override
    public AutoCloseable listen(Runnable changed) {
        return () -> { };
    }
}
