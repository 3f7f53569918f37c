namespace Fulcrum.Tasks;

/// <summary>A task restricted to some of its items, in an order of their own. Each item is asked and graded as in the
/// whole task.</summary>
/// <param name="whole">The task.</param>
/// <param name="items">Some of its items.</param>
internal sealed class PartOfTask(ITask whole, IReadOnlyList<Item> items) : ITask
{
    /// <inheritdoc/>
    public string Name => whole.Name;

    /// <inheritdoc/>
    public double? ChanceAccuracy => whole.ChanceAccuracy;

    /// <inheritdoc/>
    public IReadOnlyList<Item> Items => items;

    /// <inheritdoc/>
    public IReadOnlyList<Item> AllItems => whole.AllItems;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Protocol => whole.Protocol;

    /// <inheritdoc/>
    public Question Ask(Item item) => whole.Ask(item);

    /// <inheritdoc/>
    public Grade Grade(Item item, Reply reply) => whole.Grade(item, reply);

    /// <inheritdoc/>
    public Reply? Gold(Item item) => whole.Gold(item);

    /// <inheritdoc/>
    public string? NoGold => whole.NoGold;

    /// <inheritdoc/>
    public string? Layout => whole.Layout;

    /// <inheritdoc/>
    public string? AlwaysReadable => whole.AlwaysReadable;

    /// <inheritdoc/>
    public IEnumerable<string> DoubtsOf(IReadOnlyList<Item> asked, IReadOnlyList<Answer>? answers) =>
        whole.DoubtsOf(asked, answers);

    /// <inheritdoc/>
    public string Content(Item item) => whole.Content(item);
}
