namespace Fulcrum.Data.Hub;

/// <summary>Settings, connections and callbacks of one look-up on the hub.</summary>
/// <param name="announce">As for <see cref="HubResolver"/>.</param>
/// <param name="say">As for <see cref="HubResolver"/>.</param>
internal sealed class HubSession(HubSettings settings, Func<HubTransfer, Task>? announce, Action<string>? say)
    : IDisposable
{
    private readonly Lazy<HubHttp> http = new(() => new HubHttp(settings));

    public HubSettings Settings => settings;

    public HubHttp Http => http.Value;

    public HubApi Api => new(settings, Http);

    public Task Announce(HubTransfer transfer) => announce?.Invoke(transfer) ?? Task.CompletedTask;

    public void Say(string sentence) => say?.Invoke(sentence);

    public void Dispose()
    {
        if (http.IsValueCreated)
        {
            http.Value.Dispose();
        }
    }
}
