"""Options of src/model/config.ts for the golden networks."""
FCN = {'multiGrid': [1, 1, 1], 'firstUnitRate': 'previousBlock', 'aspp': None, 'fcn': True}
TORCHVISION = {'multiGrid': [1, 1, 1], 'firstUnitRate': 'previousBlock', 'headConvolution': True}
MOBILE = {'backbone': 'mobilenet_v2', 'depthMultiplier': 0.35, 'firstLayerIsExpansion': True, 'tfPadding': True}
THIN = {'backbone': 'resnet50', 'width': 0.125, 'lastBlock': 4, 'multiGrid': [1, 2, 4], 'aspp': {'rates': [6, 12, 18], 'imagePooling': True}}
BASIC = {**THIN, 'backbone': 'resnet18', 'multiGrid': [1, 2]}
EARLY = {**MOBILE, 'tfPadding': False, 'padsBeforeExpansion': True}
CASCADE = {**THIN, 'lastBlock': 7, 'aspp': None}

SEPARABLE = {'rates': [6, 12, 18], 'imagePooling': True, 'separable': 'both'}
DECODER = {'lowLevelStride': 4, 'lowLevelChannels': 48, 'first': 'encoder', 'convolutions': 2, 'separable': None, 'kernel': 3, 'channels': None, 'stages': 1}
PLUS = {**THIN, 'decoder': DECODER, 'alignCorners': True}
MOBILE_PLUS = {**MOBILE, 'aspp': SEPARABLE, 'decoder': {**DECODER, 'separable': 'both'}, 'alignCorners': True}
XCEPTION = {'backbone': 'xception65', 'width': 0.125, 'multiGrid': [1, 1, 1], 'aspp': SEPARABLE, 'decoder': {**DECODER, 'separable': 'both'}, 'alignCorners': True}
