namespace Fulcrum.Data.Hub;

/// <summary>What one resolution needs: settings, connections, and whom to tell.</summary>
/// <param name="announce">Told of a fetch before its first byte; may refuse it by an exception. What it shows until the
/// end is awaited.</param>
/// <param name="say">Told in a sentence what a user should know.</param>
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
