namespace Fulcrum.Tasks;

/// <summary>The first items of a task.</summary>
internal sealed class FirstItems(ITask task, int count) : ITask
{
    /// <inheritdoc/>
    public string Name => task.Name;

    /// <inheritdoc/>
    public double? ChanceAccuracy => task.ChanceAccuracy;

    /// <inheritdoc/>
    public IReadOnlyList<Item> Items { get; } = [.. task.Items.Take(count)];

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Protocol => task.Protocol;

    /// <inheritdoc/>
    public Question Ask(Item item) => task.Ask(item);

    /// <inheritdoc/>
    public Grade Grade(Item item, Reply reply) => task.Grade(item, reply);

    /// <inheritdoc/>
    public Reply? Gold(Item item) => task.Gold(item);

    /// <inheritdoc/>
    public string? NoGold => task.NoGold;

    /// <inheritdoc/>
    public string? Layout => task.Layout;

    /// <inheritdoc/>
    public string Content(Item item) => task.Content(item);
}
