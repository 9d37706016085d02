package io.millrace.rest.entry;

import jakarta.servlet.ServletException;
import java.io.IOException;

/** What becomes of a request that was let in. */
public interface Onward {
    /** Answers it here. */
    @FunctionalInterface
    interface Here {
        void answer() throws IOException, ServletException;
    }

    /**
     * Called on the request's thread.
     *
     * @param here the way to the resources of this server, which is open until this returns
     */
    void go(CheckedRequest request, ErrorAnswers response, Here here) throws IOException, ServletException;
}
