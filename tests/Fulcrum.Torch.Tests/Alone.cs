using Xunit;

namespace Fulcrum.Torch.Tests;

/// <summary>The collection of tests that change what all tests of the process share. No other test runs beside
/// them.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
