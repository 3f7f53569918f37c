namespace Fulcrum.Data.Hub;

/// <summary>The hub did not answer or is unavailable; a cached snapshot may serve instead.</summary>
internal sealed class HubUnreachableException(string message, Exception? cause = null)
    : FulcrumException(message, cause);
