namespace Fulcrum.Data.Hub;

/// <summary>The hub did not answer or is unavailable. The caller may use a cached snapshot instead.</summary>
internal sealed class HubUnreachableException(string message, Exception? cause = null)
    : FulcrumException(message, cause);
