using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Models;

/// <content>Attaching, training and merging adapters.</content>
internal sealed partial class LanguageModel
{
    // The base's own embedding, head and biases while an adapter has replaced them; null or empty if it has not.
    private Tensor? baseEmbedding;
    private Projection? baseHead;
    private readonly List<(Tensor InUse, Tensor Other)> baseBiases = [];

    /// <summary>The head is the embedding: neither was replaced, and no adapter was merged into the head.</summary>
    public bool HeadIsTied { get; private set; }

    /// <summary>Names and shapes of the modules, for reading an adapter.</summary>
    public ModuleShapes Shapes =>
        new(
            [.. Projections.Select(p => new ModuleShape(p.Name, p.Out, p.In, p.Bias is not null))],
            Head.Out,
            Head.In,
            HeadIsTied,
            Device,
            name => name == Head.Name ? Head.Dense() : embedding
        );

    /// <summary>What training changes, by name without <c>.weight</c>: <c>model.layers.0.self_attn.q_proj.lora_A</c>; a
    /// fully trained module by its own name.</summary>
    public IEnumerable<(string Name, Tensor Value)> AdapterParameters =>
        [
            .. from p in Projections
            where p.Adapter is not null
            from part in p.Adapter!.Parameters
            select ($"{p.Name}.{part.Name}", part.Value),
            .. Head.Weight is { requires_grad: true } head ? [(Head.Name, head)] : Array.Empty<(string, Tensor)>(),
            .. embedding.requires_grad ? [(ModuleShapes.Embedding, embedding)] : Array.Empty<(string, Tensor)>(),
        ];

    /// <summary>Attaches an adapter that was read for this model's <see cref="Shapes"/>.</summary>
    /// <param name="lambda">How much of it: 1 as trained, 0 the base.</param>
    /// <param name="train">The adapter is trained further: tables are kept in float32 and get gradients.</param>
    public void Attach(AdapterContents contents, double lambda, bool train = false)
    {
        if (lambda == 0)
        {
            foreach ((_, Adapter unused) in contents.Updates)
            {
                unused.Dispose();
            }

            return;
        }

        Dictionary<string, Projection> byName = Projections.ToDictionary(p => p.Name);
        foreach ((string module, Adapter update) in contents.Updates)
        {
            update.Lambda = lambda;
            byName[module].Attach(update);
        }

        foreach ((string module, Tensor trained) in contents.Biases)
        {
            ReplaceBias(byName[module].Bias!, trained, lambda);
        }

        foreach ((string module, Tensor table) in contents.Tables)
        {
            ReplaceTable(module, table, lambda, train);
        }

        ReplaceRows(contents.Rows, lambda);
    }

    /// <summary>Attaches fresh adapters to the modules that the configuration names: A uniform in ±1/sqrt(in), B zero,
    /// as PEFT starts.</summary>
    /// <param name="seed">Seed of the values of A.</param>
    /// <param name="dropout">Probability that a component of an update's input is dropped in training.</param>
    /// <exception cref="InputException">A target matches no module.</exception>
    public void AttachAdapter(LoraConfig config, long seed, double dropout = 0)
    {
        using Generator random = RandomSources.AdapterWeights(seed);
        Dictionary<string, Projection> byName = Projections.ToDictionary(p => p.Name);
        foreach (ModuleShape module in config.TargetsIn(Shapes))
        {
            byName[module.Name].Attach(FreshAdapter(byName[module.Name], config, random, dropout));
        }

        foreach (string module in config.SavedTables())
        {
            ReplaceTable(module, Shapes.Table(module), 1, train: true);
        }
    }

    /// <summary>Does some work with the base, as if no adapter were attached.</summary>
    public T WithoutAdapter<T>(Func<T> work)
    {
        (Adapter Adapter, double Lambda)[] adapters =
        [
            .. Projections.Select(p => p.Adapter).OfType<Adapter>().Select(a => (a, a.Lambda)),
        ];
        Array.ForEach(adapters, a => a.Adapter.Lambda = 0);
        SwapBase();
        try
        {
            return work();
        }
        finally
        {
            SwapBase();
            Array.ForEach(adapters, a => a.Adapter.Lambda = a.Lambda);
        }
    }

    /// <summary>Merges every adapter into its weight.</summary>
    public void Merge()
    {
        foreach (Projection projection in Layers.SelectMany(l => l.Projections))
        {
            projection.Merge();
        }

        if (Head.Adapter is { } adapter)
        {
            using DisposeScope scope = NewDisposeScope();
            ReplaceTable(Head.Name, adapter.Merged(Head.Dense()), 1);
        }

        ForgetBase();
    }

    private Adapter FreshAdapter(Projection target, LoraConfig config, Generator random, double dropout)
    {
        int rank = config.RankOf(target.Name);
        Tensor a =
            (rand(rank, target.In, dtype: ScalarType.Float32, device: CPU, generator: random) * 2 - 1)
            / Math.Sqrt(target.In);
        Tensor b = zeros(target.Out, rank, dtype: ScalarType.Float32, device: Device);
        Tensor? magnitude = config.Dora
            ? target.Dense().to_type(ScalarType.Float32).pow(2).sum(1).sqrt().requires_grad_()
            : null;
        return new Adapter(
            a.to(Device).requires_grad_(),
            b.requires_grad_(),
            config.ScalingOf(target.Name),
            1,
            dropout,
            magnitude
        );
    }

    // The embedding or the head becomes base + lambda * (trained - base). A tied pair is no longer tied, and its other
    // table does not change.
    private void ReplaceTable(string module, Tensor trained, double lambda, bool train = false)
    {
        HeadIsTied = false;
        if (module == Head.Name)
        {
            Projection next = new(Head.Name, Mixed(Head.Dense(), trained, lambda, train), null);
            (Projection old, Head) = (Head, next);
            Keep(ref baseHead, old, train);
        }
        else
        {
            Tensor next = Mixed(embedding, trained, lambda, train);
            (Tensor old, embedding) = (embedding, next);
            Keep(ref baseEmbedding, old, train);
        }
    }

    // Only the first value that is replaced is the base's. A training does not need it again.
    private static void Keep<T>(ref T? kept, T replaced, bool train)
        where T : class, IDisposable
    {
        if (train || kept is not null)
        {
            replaced.Dispose();
        }
        else
        {
            kept = replaced;
        }
    }

    private void ReplaceBias(Tensor bias, Tensor trained, double lambda)
    {
        using IDisposable frozen = no_grad();
        baseBiases.Add((bias, bias.clone().DetachFromDisposeScope()));
        using Tensor mixed = Mixed(bias, trained, lambda, train: false);
        bias.copy_(mixed);
    }

    private void ReplaceRows(IReadOnlyList<TokenRows> rows, double lambda)
    {
        if (rows.Count == 0)
        {
            return;
        }

        using DisposeScope scope = NewDisposeScope();
        using IDisposable frozen = no_grad();
        bool tied = HeadIsTied;
        foreach (TokenRows part in rows)
        {
            Tensor table = Shapes.Table(part.Module).to_type(ScalarType.Float32).clone(),
                ids = tensor(part.Ids.Select(i => (long)i).ToArray(), device: Device);
            ReplaceTable(part.Module, table.index_copy_(0, ids, part.Rows), lambda);
        }

        // Both sides got the same rows.
        HeadIsTied = tied && rows.Count == 2;
    }

    private Tensor Mixed(Tensor old, Tensor trained, double lambda, bool train)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable frozen = no_grad();
        Tensor full = old.to_type(ScalarType.Float32),
            aim = trained.to_type(ScalarType.Float32);
        Tensor mixed = (lambda == 1 ? aim : full + (aim - full) * lambda)
            .to_type(train ? ScalarType.Float32 : Dtype)
            .clone();
        return (train ? mixed.requires_grad_() : mixed).DetachFromDisposeScope();
    }

    private void SwapBase()
    {
        (embedding, baseEmbedding) = baseEmbedding is null ? (embedding, null) : (baseEmbedding, embedding);
        (Head, baseHead) = baseHead is null ? (Head, null) : (baseHead, Head);
        using IDisposable frozen = no_grad();
        foreach ((Tensor inUse, Tensor other) in baseBiases)
        {
            using Tensor now = inUse.clone();
            inUse.copy_(other);
            other.copy_(now);
        }
    }

    private void ForgetBase()
    {
        baseEmbedding?.Dispose();
        baseHead?.Dispose();
        baseBiases.ForEach(b => b.Other.Dispose());
        (baseEmbedding, baseHead) = (null, null);
        baseBiases.Clear();
    }
}
