package com.ibm.wsspi.webcontainer;

/** Stands for the class of that name in Open Liberty, of which each thread has one. */
public final class WebContainerRequestState {
    private static final ThreadLocal<WebContainerRequestState> OF_THREAD = new ThreadLocal<>();

    public static WebContainerRequestState getInstance(boolean create) {
        return OF_THREAD.get() == null && create ? createInstance() : OF_THREAD.get();
    }

    public static WebContainerRequestState createInstance() {
        OF_THREAD.set(new WebContainerRequestState());
        return OF_THREAD.get();
    }
}
