namespace Fulcrum.Tokenization;

/// <summary>Added tokens from several files, each content once, in the order in which they were added.</summary>
/// <remarks>They are found by their content, because an untrusted file may have a hundred thousand.</remarks>
internal sealed class MergedTokens
{
    private readonly List<AddedToken> all;
    private readonly Dictionary<string, int> places = new(StringComparer.Ordinal);
    private readonly IReadOnlyDictionary<string, int> vocabulary;
    private int next;

    /// <param name="tokens">The tokens of the first file.</param>
    /// <param name="vocabulary">Token to id.</param>
    public MergedTokens(IReadOnlyList<AddedToken> tokens, IReadOnlyDictionary<string, int> vocabulary)
    {
        (all, this.vocabulary, next) = ([.. tokens], vocabulary, vocabulary.Count);
        for (int i = 0; i < all.Count; i++)
        {
            places.TryAdd(all[i].Content, i);
            next = Math.Max(next, all[i].Id + 1);
        }
    }

    /// <summary>All tokens so far.</summary>
    public IReadOnlyList<AddedToken> Tokens => all;

    /// <summary>Returns whether there is a token of a content.</summary>
    public bool Has(string content) => places.ContainsKey(content);

    /// <summary>Adds a token. Of a known one it replaces the flags; a new one gets the id that the vocabulary gives it,
    /// or the next free one.</summary>
    public void Merge(AddedToken token)
    {
        if (places.TryGetValue(token.Content, out int known))
        {
            all[known] = token with { Id = all[known].Id, Special = token.Special || all[known].Special };
            return;
        }

        int id = vocabulary.GetValueOrDefault(token.Content, next);
        places.Add(token.Content, all.Count);
        all.Add(token with { Id = id });
        next = Math.Max(next, id + 1);
    }
}
