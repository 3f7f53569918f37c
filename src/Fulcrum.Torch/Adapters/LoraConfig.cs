namespace Fulcrum.Torch.Adapters;

/// <summary>Which biases an adapter has trained.</summary>
internal enum LoraBias
{
    /// <summary>None.</summary>
    None,

    /// <summary>Those of every module.</summary>
    All,

    /// <summary>Those of the adapted modules.</summary>
    LoraOnly,
}

/// <summary>The configuration of a LoRA adapter, as <c>adapter_config.json</c> of PEFT states it.</summary>
/// <param name="Rank">Rank of the updates that <paramref name="RankPattern"/> does not name.</param>
/// <param name="Alpha">Alpha of the updates that <paramref name="AlphaPattern"/> does not name.</param>
/// <param name="Targets">Names, or ends of names, of the adapted modules; null if <paramref name="TargetPattern"/> is
/// given.</param>
/// <param name="TargetPattern">A regular expression over full names, or <c>all-linear</c>.</param>
/// <param name="Excluded">Names, or ends of names, of modules that are not adapted.</param>
/// <param name="ExcludedPattern">The same as a regular expression over full names.</param>
/// <param name="RankPattern">Ranks by a regular expression for the end of a name; the first that matches
/// counts.</param>
/// <param name="AlphaPattern">Alphas, likewise.</param>
/// <param name="RsLora">Scale by alpha / sqrt(rank) (arXiv:2312.03732).</param>
/// <param name="Dora">The updates have magnitudes (arXiv:2402.09353).</param>
/// <param name="SavedModules">Names, or ends of names, of fully trained modules.</param>
/// <param name="OnlyLayers">Numbers of the adapted layers; null or empty: all.</param>
/// <param name="Dropout">Probability that a component of an update's input is dropped in training.</param>
/// <param name="Base">Name of the model that the adapter was trained for; informative.</param>
/// <param name="LayersPattern">Name of the list of layers that the numbers refer to; null: any.</param>
/// <param name="Bias">Which biases were trained.</param>
/// <param name="TokenIds">Token ids of the rows of the embedding or the head that were trained by themselves, by the
/// module's name or its end; null for none.</param>
/// <param name="EnsureWeightTying">A change of one side of a tied embedding and head counts for the other too.</param>
internal sealed record LoraConfig(
    int Rank,
    double Alpha,
    IReadOnlyList<string>? Targets,
    string? TargetPattern = null,
    IReadOnlyList<string>? Excluded = null,
    string? ExcludedPattern = null,
    IReadOnlyDictionary<string, double>? RankPattern = null,
    IReadOnlyDictionary<string, double>? AlphaPattern = null,
    bool RsLora = false,
    bool Dora = false,
    IReadOnlyList<string>? SavedModules = null,
    IReadOnlyList<int>? OnlyLayers = null,
    double Dropout = 0,
    string? Base = null,
    IReadOnlyList<string>? LayersPattern = null,
    LoraBias Bias = LoraBias.None,
    IReadOnlyDictionary<string, IReadOnlyList<int>>? TokenIds = null,
    bool EnsureWeightTying = false
)
{
    private const string AllLinear = "all-linear";

    private static readonly string[] Tables = [ModuleShapes.Head, ModuleShapes.Embedding];

    private readonly ModulePatterns patterns = new();

    /// <summary>The linear modules of a model that this adapter updates.</summary>
    /// <exception cref="InputException">A listed name matches no module.</exception>
    public IReadOnlyList<ModuleShape> TargetsIn(ModuleShapes shapes)
    {
        string? unknown = (Targets ?? []).FirstOrDefault(t =>
            !ModuleNames.Ends(ModuleShapes.Embedding, t) && !shapes.Linear.Any(m => ModuleNames.Ends(m.Name, t))
        );
        if (unknown is not null)
        {
            string known = string.Join(", ", shapes.Linear.Select(m => m.Name.Split('.')[^1]).Distinct());
            throw new InputException($"the adapter's target module '{unknown}' is not in this model; it has {known}");
        }

        ModuleShape[] found = [.. shapes.Linear.Where(m => IsTarget(m.Name, m.Name == ModuleShapes.Head))];
        return found.Length > 0 || EmbeddingIsTarget
            ? found
            : throw new InputException(
                $"the adapter's target_modules '{TargetPattern ?? string.Join(", ", Targets ?? [])}' "
                    + "match no module of this model"
            );
    }

    /// <summary>The embedding is updated too.</summary>
    public bool EmbeddingIsTarget => TargetPattern != AllLinear && IsTarget(ModuleShapes.Embedding, head: false);

    /// <summary>Full names of the fully trained modules.</summary>
    /// <exception cref="InputException">One of them is neither the head nor the embedding.</exception>
    public IReadOnlyList<string> SavedTables() =>
        (SavedModules ?? []).FirstOrDefault(m => !Tables.Any(t => ModuleNames.Ends(t, m))) is { } other
            ? throw new InputException($"modules_to_save '{other}' is not supported, only lm_head and embed_tokens")
            : [.. Tables.Where(t => (SavedModules ?? []).Any(m => ModuleNames.Ends(t, m)))];

    /// <summary>Token ids of singly trained rows by the module's full name.</summary>
    /// <exception cref="InputException">A module is neither the head nor the embedding, or is named twice.</exception>
    public IReadOnlyDictionary<string, IReadOnlyList<int>> TrainedTokens
    {
        get
        {
            Dictionary<string, IReadOnlyList<int>> tokens = new(StringComparer.Ordinal);
            foreach (
                (string module, IReadOnlyList<int> ids) in TokenIds ?? new Dictionary<string, IReadOnlyList<int>>()
            )
            {
                if (ids.Count > 0 && !tokens.TryAdd(TableOf(module), ids))
                {
                    throw new InputException($"trainable_token_indices names {TableOf(module)} twice");
                }
            }

            return tokens;
        }
    }

    private static string TableOf(string module) =>
        Tables.FirstOrDefault(name => ModuleNames.Ends(name, module))
        ?? throw new InputException(
            $"trainable_token_indices for '{module}' is not supported, only lm_head and embed_tokens"
        );

    /// <summary>Rank of a module's update.</summary>
    public int RankOf(string module) => (int)(patterns.Lookup(RankPattern, module) ?? Rank);

    /// <summary>Factor of a module's update: alpha / rank, or alpha / sqrt(rank).</summary>
    public double ScalingOf(string module) =>
        (patterns.Lookup(AlphaPattern, module) ?? Alpha) / (RsLora ? Math.Sqrt(RankOf(module)) : RankOf(module));

    private bool IsTarget(string module, bool head) =>
        !IsExcluded(module)
        && TargetPattern switch
        {
            null => Targets!.Contains(module)
                || (
                    Targets!.Any(t => ModuleNames.Ends(module, t))
                    && patterns.IsInLayers(module, OnlyLayers, LayersPattern)
                ),
            AllLinear => !head,
            _ => patterns.Matches(module, TargetPattern),
        };

    private bool IsExcluded(string module) =>
        (SavedModules ?? []).Any(m => ModuleNames.Ends(module, m))
        || (
            ExcludedPattern is { } pattern
                ? patterns.Matches(module, pattern)
                : (Excluded ?? []).Any(x => ModuleNames.Ends(module, x))
        );
}
