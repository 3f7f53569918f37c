namespace Fulcrum.Data.Hub;

/// <summary>Settings, connections and callbacks of one look-up on the hub.</summary>
/// <param name="announce">As for <see cref="HubResolver"/>.</param>
/// <param name="say">As for <see cref="HubResolver"/>.</param>
internal sealed class HubSession(HubSettings settings, Func<HubTransfer, Task>? announce, Action<string>? say)
    : IDisposable
{
    private readonly Lazy<HubHttp> http = new(() => new HubHttp(settings));

    /// <summary>Addresses, limits and the token.</summary>
    public HubSettings Settings => settings;

    /// <summary>The connection, which is opened on first use.</summary>
    public HubHttp Http => http.Value;

    /// <summary>The requests of the hub's interface.</summary>
    public HubApi Api => new(settings, Http);

    /// <summary>Reports a download before it begins.</summary>
    public Task Announce(HubTransfer transfer) => announce?.Invoke(transfer) ?? Task.CompletedTask;

    /// <summary>Reports a sentence to the user.</summary>
    public void Say(string sentence) => say?.Invoke(sentence);

    public void Dispose()
    {
        if (http.IsValueCreated)
        {
            http.Value.Dispose();
        }
    }
}
